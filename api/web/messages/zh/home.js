/** The first page. */
export default {
  "home.title": "数据放心共享，署名有据可查",
  "home.lead":
    "这份账本确定数据最晚在何时已经存在、由谁存证。它不收取数据，只记下数据的指纹和各人的贡献。您得到一份存证凭据，任何人都可以自行核验，无须经过我们。",

  "home.ways": "您想做什么？",
  "home.deposit_title": "存证",
  "home.deposit_text":
    "您有一批数据，希望留下证据：数据已经存在，由哪些人完成。选择文件夹，写明贡献者，签名，几秒之内即可拿到凭据。",
  "home.deposit_go": "开始存证",
  "home.verify_title": "核验",
  "home.verify_text":
    "有人向您出示一份凭据。把它拖进来，手上有数据也一并拖入。您的浏览器会逐项核验，并说明哪些没有核验。",
  "home.verify_go": "核验凭据",
  "home.find_title": "查询",
  "home.find_text":
    "您想知道哪些数据已经存证、由谁存证、孰先孰后。可按数据指纹、DOI、ORCID、姓名或机构查询。",
  "home.find_label": "查询",
  "home.find_hint": "姓名或 DOI",
  "home.find_go": "查询",

  "home.specimen": "凭据上写着什么（此为样张）",
  "home.specimen_kind": "存证凭据",
  "home.specimen_title": "2025 年孔斯峡湾海冰厚度观测",
  "home.specimen_people": "贡献者",
  "home.specimen_names": "李薇、Ingrid Solberg",
  "home.specimen_entry": "条目",
  "home.specimen_place": "{log} 的第 {index} 条",
  "home.specimen_digest": "数据指纹",
  "home.specimen_lower": "区块 {number}",

  "home.how": "原理",
  "home.how_fingerprint": "数据指纹",
  "home.how_fingerprint_text":
    "您的浏览器读取文件，由内容算出 64 个字符，称为数据的“指纹”。内容哪怕只改一个字，指纹就会完全不同。由指纹无法还原数据，数据也始终不离开您的电脑。",
  "home.how_record": "由您签名的记录",
  "home.how_record_text": "谁做了什么、采用何种许可，由您写明，并用只有您持有的密钥签名。",
  "home.how_log": "只增不减的日志",
  "home.how_log_text": "记录成为日志中的一个条目；日志只能追加。凭据当即证明它在其中的位置。",
  "home.how_chain": "以区块链为时钟",
  "home.how_chain_text":
    "每隔几分钟，整个日志的状态会写入区块链。此后任何人，包括我们，都无法把记录的时间提前或将其删去而不被发现。",
  "home.how_more": "凭据证明什么，不证明什么",

  "home.ledger_now": "账本现况",
  "home.ledger_more": "进一步了解此账本",
};
