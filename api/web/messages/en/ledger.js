export default {
  "ledger.away": "The ledger does not answer at the moment.",
};
