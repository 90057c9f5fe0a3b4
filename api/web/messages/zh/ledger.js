export default {
  "ledger.away": "账本目前没有应答。",
};
