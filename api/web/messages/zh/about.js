/** The first page; the ledger, its anchors and its policy; what a receipt proves and what not. */
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
  "home.how_record_text": "谁做了什么、采用何种许可协议，由您写明，并用只有您持有的密钥签名。",
  "home.how_log": "只增不减的日志",
  "home.how_log_text": "记录成为日志中的一个条目；日志只能追加。凭据当即证明它在其中的位置。",
  "home.how_chain": "以区块链为时钟",
  "home.how_chain_text":
    "每隔几分钟，整个日志的状态会写入区块链。此后任何人，包括我们，都无法把记录的时间提前或将其删去而不被发现。",
  "home.how_more": "凭据证明什么，不证明什么",

  "home.ledger_now": "账本现况",
  "home.ledger_more": "进一步了解此账本",

  "about.title": "凭据证明什么，不证明什么",
  "about.lead":
    "写给作者、编辑、审稿人，以及需要在两种主张之间作出判断的人。读懂本页不需要密码学知识。",

  "about.proves": "凭据能够证明",
  "about.proves_content":
    "内容与此完全一致的记录，最晚在某一时刻已经存在。该时刻取自区块链上的一个区块，与我们的时钟无关。",
  "about.proves_after": "若凭据中载明：记录进入日志不早于另一时刻。真实时间就在两者之间。",
  "about.proves_key": "记录由某一把特定的密钥签署，此后未被改动。",
  "about.proves_data":
    "如果您手上有数据：它们是否就是记录所指的数据，逐个文件核对；若不是，哪些有改动、缺失或多出。",

  "about.not": "凭据不能证明",
  "about.not_true": "记录所述属实，例如数据确由某人完成，或由其独自完成。",
  "about.not_good": "数据质量可靠、内容完整或来源正当。",
  "about.not_who": "密钥背后究竟是谁，除非由您信任的机构确认。未经确认的姓名，只是有人写下的文字。",
  "about.not_first": "此前没有别人拥有这些数据。它只说明是谁最先在此存证。",
  "about.not_absent": "不存在其他记录。本日志中没有的，可能在别的日志中，也可能从未存证。",

  "about.words": "四个不可混淆的词",
  "about.word_proved": "已证明",
  "about.word_proved_text": "由凭据和您的信任策略经计算得出；任何人重新计算，结果都相同。",
  "about.word_vouched": "有担保",
  "about.word_vouched_text":
    "只要所列的担保者说的是实话，就成立：担保者可以是您自己（您查到的区块哈希），也可以是您选定并询问的节点。",
  "about.word_claimed": "自称",
  "about.word_claimed_text": "当事人自己的说法，例如其电脑时钟上的时间。只作转述，不作依据。",
  "about.word_unchecked": "未核验",
  "about.word_unchecked_text":
    "没有出示相应材料，或没有人要求核验。这并不意味着可疑，但也绝不会被当作证明。",

  "about.trust": "您需要信任谁",
  "about.trust_intro":
    "不必信任本服务器：它送来的内容都在您的浏览器中核验。只有两样东西须另行取得。",
  "about.trust_policy": "信任策略",
  "about.trust_policy_text":
    "一个小文件，写明日志、日志的密钥及其在链上的合约。请将它的摘要与您从其他途径（信函、论文、他人的网站）得到的摘要比对一次；“账本”页有具体做法。",
  "about.trust_block": "一个区块哈希",
  "about.trust_block_text":
    "凭据中写有一个区块。请在您信得过的任何地方查询它的哈希：许多网站都会显示，不可能全都以同样的方式出错。",

  "about.private": "哪些内容会离开您的电脑",
  "about.private_data": "数据绝不会离开。只有您的浏览器在本机读取它们。",
  "about.private_record":
    "数据指纹，以及由您签署的记录：题名、姓名、角色、许可协议。签名之前，您会看到全部内容。",
  "about.private_list":
    "文件清单及各文件的指纹，本页从不发送。需要时可用命令行公开（provenance deposit --publish-manifest），此后持有其中某个文件的人便能查到您的存证。",
  "about.private_guess":
    "如果有人已经猜到数据的内容，就可以把自己算出的指纹与您的比对。不希望如此的数据，请使用密封存证。",
  "about.private_erase": "姓名日后可以抹除，各项证明依然有效；任何个人信息都不会写入区块链。",

  "about.key": "您的密钥",
  "about.key_text":
    "密钥代表您签名。它在您的浏览器中生成，并保存为一个由口令保护的文件，两者都请妥善保管。密钥丢失或口令遗忘，谁也无法恢复；已签署的内容仍然有效，但您无法再用它签名。",

  "about.alone": "不用本页也可以",
  "about.alone_text":
    "本页能做的，命令行都能做，而且不依赖本服务器。即使我们都不复存在，凭据依然可以核验：",

  "about.browser": "本浏览器保存了什么",
  "about.browser_text":
    "您比对过的信任策略、在此生成的密钥、发送途中的存证以及凭据，都只保存在这台电脑上。在浏览器中清除本站数据，会将它们全部删除，包括密钥。",
  "about.browser_count":
    "目前有：信任策略 {policies} 份，密钥 {keys} 把，凭据 {receipts} 份，发送途中 {outbox} 份。",

  "about.glossary": "词语解释",
  "about.term_fingerprint": "数据指纹",
  "about.term_fingerprint_text":
    "按 SHA-256 方法由内容算出的 64 个字符。迄今从未发现两份不同的内容具有相同的指纹。也称摘要或哈希。",
  "about.term_manifest": "清单",
  "about.term_manifest_text": "数据集所含文件及各文件指纹的列表，由它得出整个数据集的指纹。",
  "about.term_record": "记录",
  "about.term_record_text":
    "经过签名的声明：存证、贡献者的答复、争议、裁定、撤回等。记录从不更改或删除，但可由后来的记录更正。",
  "about.term_log": "日志、条目",
  "about.term_log_text": "全部记录按到达先后排成的序列，从 0 开始编号，只能追加。",
  "about.term_checkpoint": "检查点",
  "about.term_checkpoint_text": "一个数和一个哈希，由日志签署，代表截至该数的全部条目。",
  "about.term_anchor": "锚定",
  "about.term_anchor_text": "把检查点写入区块链。此后，日志在那一刻的状态便无法抵赖。",
  "about.term_receipt": "存证凭据",
  "about.term_receipt_text": "一个文件，内含一条记录及其在日志中的全部证明。上链之后即告完整。",
  "about.term_policy": "信任策略",
  "about.term_policy_text": "写明您信任什么的一个文件：日志的密钥与合约、机构、见证方。",
  "about.term_witness": "见证方",
  "about.term_witness_text": "独立的一方，见过某个检查点，并签名确认它与此前的检查点不相矛盾。",
  "about.term_sealed": "密封存证",
  "about.term_sealed_text": "在所有者启封之前隐藏指纹的存证，其时间从存证之日算起。",
  "about.term_final": "最终确定（终局）",
  "about.term_final_text": "在区块链中已足够深，不会再被替换。",

  "ledger.title": "关于此账本",
  "ledger.lead": "规模多大，区块链已为其中多少作证，以及您可以依据哪份策略自行核验这一切。",
  "ledger.line":
    "{origin} 现有 {size} 个条目（含日志自身的时间标记），最近 24 小时收到 {count} 条记录。",
  "ledger.line_anchor": "最近一次锚定于{time}。",

  "ledger.now": "现况",
  "ledger.entries": "条目",
  "ledger.since": "自 {time} 起",
  "ledger.anchored": "已在链上最终确定",
  "ledger.anchored_left": "尚余 {count} 个条目",
  "ledger.last_day": "24 小时内的记录",
  "ledger.last_hour": "最近一小时 {count} 条",
  "ledger.newest": "最新记录",
  "ledger.newest_claimed": "按签名者自己的时钟",

  "ledger.state": "日志状态",
  "ledger.tree_size": "条目数",
  "ledger.root_hash": "根哈希",
  "ledger.state_own": "其签名符合您比对过的信任策略。",
  "ledger.state_served":
    "其签名符合本服务器出示的信任策略。请在下方比对该策略，此后这里才算已核验。",
  "ledger.state_false":
    "服务器所出示的内容不成立，或与先前向您出示的相矛盾。目前请勿依赖此账本，并请告知他人。",
  "ledger.since_first":
    "本浏览器从现在起记住这一状态。您每次再来，它都会检查其中没有任何改动或缺失。",
  "ledger.since_same": "与本浏览器于 {time} 见到的状态相同。",
  "ledger.since_grown": "{time} 时有 {before} 个条目，现在全部都在，内容与次序均未改变。",
  "ledger.since_older":
    "本浏览器于 {time} 已见过 {before} 个条目。服务器此次给出的是较早的状态，请稍后再试。",

  "ledger.anchors": "最近的锚定",
  "ledger.anchors_text":
    "每次锚定，都是把整个日志在某一时刻的状态写入一条链。费用为运营方愿付的上限。",
  "ledger.no_anchors": "尚未锚定。",
  "ledger.anchor": "锚定",
  "ledger.anchor_name": "第 {id} 次",
  "ledger.chain": "链",
  "ledger.covers": "条目数",
  "ledger.anchor_state": "状态",
  "ledger.block_time": "区块时间",
  "ledger.cost": "费用（以该链的币计）",
  "ledger.cost_at_most": "最高 {amount}",

  "ledger.policy": "信任策略",
  "ledger.policy_what":
    "信任策略写明哪些密钥、哪个合约属于此日志。本页所称的“已核验”全都以它为依据，因此不能只听凭这台服务器提供。",
  "ledger.policy_how":
    "请从其他途径取得它的摘要：纸质文件、运营方自己的网站，或已核对过的同事。与下面的一致，这份策略就是真的。",
  "ledger.policy_digest": "信任策略的摘要",
  "ledger.policy_elsewhere": "您从其他途径得到的摘要",
  "ledger.policy_elsewhere_hint": "键入或粘贴均可，空格不影响比对。",
  "ledger.policy_so_far": "目前一致：64 个字符中的 {count} 个。",
  "ledger.policy_same": "完全一致。",
  "ledger.policy_other": "不一致。查明原因之前，请勿使用这份策略。",
  "ledger.policy_by_eye": "我已逐一目视比对全部 64 个字符。",
  "ledger.policy_keep": "将这份策略保存在本浏览器中",
  "ledger.policy_kept": "已保存。今后本浏览器将依据这份策略核验。",
  "ledger.policy_is_kept": "您已于 {time} 比对这份策略，本浏览器以它为依据进行核验。",
  "ledger.policy_is_new": "服务器出示的策略与您比对过的不同",
  "ledger.policy_is_new_text":
    "运营方有时会更换密钥，届时会公布新的摘要。在您比对之前，本浏览器仍以您已有的策略为依据。",
  "ledger.policy_forget": "不再保存",
  "ledger.policy_save": "将信任策略存为文件",

  "ledger.trusts": "信任策略的内容",
  "ledger.origin": "日志名称",
  "ledger.checkpoint_keys": "日志的密钥",
  "ledger.key_from": "自树大小 {from} 起",
  "ledger.key_range": "树大小 {from} 至 {to}",
  "ledger.chains": "链",
  "ledger.chain_id": "链编号 {id}",
  "ledger.chain_own": "由日志运营方自己运行，对他人没有证明力。",
  "ledger.contract": "合约",
  "ledger.institutions": "可确认密钥归属的机构",
  "ledger.witnesses": "见证方",
  "ledger.no_witnesses": "不要求",
  "ledger.quorum": "{count} 方之中须有 {quorum} 方签名",
  "ledger.own_chain": "此账本仅供试用",
  "ledger.own_chain_text":
    "它唯一的链由运营方自己运行，可以任意改写。您在这里看到的只是证明的方法，对其他人没有证明力。",

  "ledger.health": "运行状况",
  "ledger.all_well": "一切正常。",
  "ledger.not_all_well": "目前并非一切正常；已确认的记录仍然安全。",
  "ledger.part_well": "正常",
  "ledger.part_away": "目前不可用",
  "ledger.part_writer": "写入日志",
  "ledger.part_records": "接收记录",
  "ledger.part_database": "数据库",
  "ledger.part_disk": "磁盘空间",
  "ledger.part_scrub": "巡检存储是否损坏",
  "ledger.part_chain": "与链的连接",
  "ledger.part_signer": "签署日志状态",
  "ledger.part_disclosures": "可抹除内容的密钥",
  "ledger.part_witnesses": "见证方",

  "ledger.checkpoint_title": "日志：{size} 个条目时的状态",
  "ledger.checkpoint_lead":
    "一个哈希代表日志最初的 {size} 个条目。此后其中任何一个若有改动或缺失，哈希就会不同。",
  "ledger.checkpoint_entries": "条目编号",
  "ledger.checkpoint_range": "0 至 {last}",
  "ledger.checkpoint_proved":
    "您的浏览器由一份证明算出此哈希；该证明与最新签署的状态（{size} 个条目）相连。",
  "ledger.checkpoint_newest": "这是最新状态，日志的签名如下：",
  "ledger.checkpoint_later": "最新状态",
  "ledger.checkpoint_anchors": "恰为此状态的锚定",
  "ledger.checkpoint_no_anchor": "链上没有恰为此状态的锚定；下一个锚定的状态包含它。",
  "ledger.to_ledger": "关于此账本及其信任策略",

  "ledger.anchor_title": "第 {id} 次锚定",
  "ledger.anchor_lead":
    "日志在 {size} 个条目时的状态，已写入区块链。其中的一切，存在都不晚于该区块的时间。",
  "ledger.anchor_block": "区块",
  "ledger.anchor_block_hash": "区块哈希",
  "ledger.anchor_transactions": "交易",
  "ledger.anchor_level": "依据",
  "ledger.anchor_level_proof": "由区块头得出的证明",
  "ledger.anchor_level_trusted_rpc": "仅凭运营方的说法",
  "ledger.anchor_size": "日志状态",
  "ledger.anchor_size_link": "{size} 个条目",
  "ledger.anchor_waiting": "锚定正在进行；一旦进入区块，证明就会显示在这里。",
  "ledger.anchor_check": "由您的浏览器核验",
  "ledger.anchor_check_root": "锚定的根属于此日志",
  "ledger.anchor_check_root_text": "由一份与日志最新签署状态相连的证明算出。",
  "ledger.anchor_check_header": "区块头与区块哈希相符",
  "ledger.anchor_check_header_text": "因此，区块的编号和时间正是该哈希所涵盖的。",
  "ledger.anchor_check_chain": "根已存于该链上属于此日志的合约",
  "ledger.anchor_check_chain_text":
    "在该区块的状态中，而区块头涵盖此状态；合约代码与信任策略所载相同。",
  "ledger.anchor_check_served": "与本服务器出示的策略相符，但您尚未比对该策略。",
  "ledger.anchor_check_block": "该区块就是世人所见的那一个",
  "ledger.anchor_check_block_text":
    "这一点只有您自己能查明：请在您信得过的地方查询 {chain} 上区块 {number} 的哈希，并与上面的比对。",
  "ledger.outcome_proved": "已证明",
  "ledger.outcome_false": "不成立",
  "ledger.outcome_not_checked": "未核验",
};
