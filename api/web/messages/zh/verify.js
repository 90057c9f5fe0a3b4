/** 核验：凭据与数据。 */
export default {
  "verify.title": "核验凭据",
  "verify.lead":
    "凭据所说是否属实，这些文件是否就是所存证的文件？您的浏览器自行逐步核验，并说明哪些内容未能核验。",
  "verify.promise": "一切都在本机进行：您在这里选择的内容不会发送到任何地方。",
  "verify.optional": "选填",

  "verify.offline_question": "断网核验，不依赖我们",
  "verify.offline_ready": "此浏览器已保留本页的副本，断网时也能打开。",
  "verify.offline_now": "网络或此服务器目前无法连接，核验照常进行。",
  "verify.offline_not":
    "此浏览器没有保留本页（可能是无痕窗口，或连接未使用 https）。下面的文件在断网时可用。",
  "verify.saved_lead":
    "网页来自服务器，其可信程度不会高于该服务器。若要不依赖它，请把核验程序保存为一个文件，与同事手中的比对，然后随时从自己的磁盘打开，十年之后也一样。",
  "verify.saved_link": "保存核验程序（一个 HTML 文件）",
  "verify.saved_here": "这是核验程序的本地副本，无须联网即可使用。",
  "verify.saved_name": "凭据核验程序",

  "verify.drop": "把凭据和您手上的其他文件拖到这里",
  "verify.drop_hint":
    "存证凭据（receipt.json）、信任策略（policy.json）、文件清单（manifest.jsonl），以及数据本身：文件夹或单个文件。不分先后，各归其位。",
  "verify.has_receipt": "存证凭据",
  "verify.lacks_receipt": "尚缺",
  "verify.has_policy": "信任策略",
  "verify.lacks_policy": "尚缺，见下文",
  "verify.has_data": "数据",
  "verify.lacks_data": "尚未提供；没有数据则只核验记录",
  "verify.has_manifest": "文件清单",
  "verify.lacks_manifest": "未提供；要知道哪些文件不同，或这是其中哪一个文件，需要它",
  "verify.has_opening": "启封记录",
  "verify.has_file_opening": "单个文件的启封",
  "verify.has_file_proof": "单个文件的证明",
  "verify.has_fixity": "他人重读文件的记录",
  "verify.data_files": "{files} 个文件",
  "verify.forget": "移除",
  "verify.unused_key": "{name} 是密钥文件，在这里用不到。请自行妥善保管，核验者都不需要它。",
  "verify.unused_secret": "{name} 是启封文件，只归存证人本人所有，核验者都不需要它。",
  "verify.unused_print":
    "{name} 是凭据的打印版。核验的是其中所附的 receipt.json，而不是打印出来的内容。",
  "verify.unused_print_alone":
    "{name} 是凭据的打印版。请拖入凭据文件本身，即 PDF 中所附的 receipt.json。",
  "verify.unused_records": "{name} 是尚待发送给账本的签名记录，不是凭据。",
  "verify.unused_chunks":
    "{name} 列出的是文件的分块。分块可用命令行核验：provenance verify --chunks。",
  "verify.not_fetched": "无法取得凭据：{why}",
  "verify.policy_unreadable": "这份信任策略无法读取",

  "verify.policy_title": "您相信谁？",
  "verify.policy_lead":
    "信任策略是一个小文件，写明是哪一个账本、它的密钥以及它在区块链上的位置。请向您信任的一方索取，例如您的单位或期刊，然后拖到上面。",
  "verify.policy_use_kept": "使用您为 {origin} 保存过的策略",
  "verify.policy_ask": "采用此服务器给出的策略",
  "verify.policy_ask_hint":
    "这样，您暂时只是相信此服务器的说法。待您把策略的摘要（即它的指纹）与另行取得的摘要比对一致，它对您才构成证明。",
  "verify.policy_not_fetched": "此服务器没有给出策略：{why}",
  "verify.policy_of": "适用于日志 {origin}，其摘要为：",
  "verify.policy_digest": "信任策略的摘要",
  "verify.policy_yours": "您的信任策略：已比对过摘要",
  "verify.policy_compare_title": "请先比对这份信任策略，再加以依赖",
  "verify.policy_compare":
    "请与并非来自此处的摘要比对：印在论文里的、写在信函中的、公布在单位网站上的，或由同事念给您听的。64 个字符须完全一致。",

  "verify.block_title": "时间：到区块链上查一下",
  "verify.block_lead":
    "要证明时间，需要一个区块的哈希，并且要在与此账本无关的地方查到，例如一两个区块浏览器。该查哪个区块，结论中会写明。",
  "verify.hash_label": "您查到的区块哈希",
  "verify.hash_hint": "以 0x 开头，后面是 64 个字母和数字。如有多个，请用空格隔开。",
  "verify.hash_wrong": "这还不是完整的区块哈希：0x 之后应有 64 个字符，只含 0 到 9 和 a 到 f。",
  "verify.node_question": "或者询问您信任的节点",
  "verify.node_label": "节点地址（JSON-RPC）",
  "verify.node_hint":
    "例如您单位自有的节点。只向它询问凭据所提到的区块，它不会得知其他内容；您相信它的答复。",
  "verify.node_wrong": "地址须以 https:// 开头（或 http://127.0.0.1）。",
  "verify.node_ask": "询问节点",
  "verify.node_first": "请先拖入凭据，并填写地址。",
  "verify.node_asking": "正在询问……",
  "verify.node_answered": "节点已答复，下面的结论已计入。",
  "verify.node_failed": "该地址没有像区块链节点那样应答。",
  "verify.strict_question": "核验要多严格？",
  "verify.allow_dev": "接受开发链",
  "verify.allow_dev_hint": "仅供试用。运行者可使这种链显示任何内容，因此对他人没有证明力。",
  "verify.require_identity": "要求密钥已由机构确认",
  "verify.require_identity_hint": "否则，记录中的姓名只是密钥持有人自己的声明。",
  "verify.require_not_before": "同时要求证明时间的下限",
  "verify.require_not_before_hint": "即记录进入日志不早于某一区块。",
  "verify.require_key_status": "要求证明密钥未被吊销",
  "verify.require_key_status_hint":
    "单凭凭据无法表明这一点，须通读整个日志；命令行可以做到（provenance verify --log）。",

  "verify.verdict_title": "结论",
  "verify.cannot": "就目前提供的内容无法核验",
  "verify.needs_manifest":
    "您只给出了部分文件。要判断它们是其中哪几个，请同时拖入文件清单（manifest.jsonl），或拖入整个文件夹。",
  "verify.means_0": "所要核验的各项全部相符。其含义以及依赖谁的说法，请见下文。",
  "verify.means_1": "至少有一项与凭据所说不符。具体是哪一项，见下文标有叉号的步骤。",
  "verify.only_block": "不成立：您填写的区块哈希与凭据所指的区块都不相符",
  "verify.only_block_means": "是填写有误，还是查了另一个区块？其余所核验的内容没有不成立之处。",
  "verify.only_data": "不成立：数据与记录不符；凭据本身未发现问题",
  "verify.only_data_means":
    "与记录不符的只有数据（第 14 步）：可能存证后有过改动，也可能是另一批数据。",
  "verify.only_log": "无法核验：凭据与信任策略不属于同一账本",
  "verify.only_log_means":
    "凭据属于日志 {origin}，信任策略则适用于 {expected}。这并不说明凭据有问题：请向您信任的一方索取 {origin} 的信任策略，拖到上面。",
  "verify.means_2":
    "您给出的内容无法读取，或彼此不相配。文件可能在传送途中被截断或改动，请向提供者重新索取。",
  "verify.means_3": "没有发现不属实之处，但还缺少必需的内容。缺少什么，见“下一步”。",
  "verify.means_4": "节点或服务没有应答。请稍后再试，或自行查询该区块。",
  "verify.not_your_policy":
    "到目前为止，结论依据的是您尚未比对的信任策略。在比对之前，它只表明各部分没有自相矛盾。",
  "verify.trusts_server": "所信任者：此服务器给出的信任策略，您尚未比对",
  "verify.files_listed": "差异 {count} 处，已在上面的“您的文件”中列出",
  "verify.bound_source": "{chain} 的区块 {number}；{trust}",
  "verify.next_title": "下一步",
  "verify.next_hash": "其哈希应为：",
  "verify.next_no_block_given":
    "请在您信任的地方查询第 10 步所列的区块，把查到的哈希填在下面。如与所列一致，时间即得到证明。",
  "verify.next_no_block_given_dev":
    "此账本仅供试用：它的链只有运营方知道，没有独立的地方可以查询区块。如想试看完整的结论，请填入下面的哈希，并在“核验要多严格？”中接受开发链。这对他人没有证明力。",
  "verify.next_block_unmatched":
    "请重新查询第 10 步所列的区块，并更正下面的哈希。如果该区块在那里的哈希确实不同，请勿依赖这份凭据。",
  "verify.next_dev_chain":
    "此账本只锚定在开发链上，对他人没有证明力。如想试看完整的结论，请在“核验要多严格”中接受开发链。",
  "verify.next_block_not_vouched": "请在您信任的地方查询第 10 步所列的区块，把查到的哈希填在下面。",
  "verify.next_block_not_vouched_dev":
    "此账本仅供试用：它的链只有运营方知道。如想试看完整的结论，请填入下面的哈希，并在“核验要多严格？”中接受开发链。这对他人没有证明力。",
  "verify.next_not_before_not_vouched":
    "要证明时间的下限，还需要另一个区块：请在您信任的地方查询第 12 步所列的区块，把查到的哈希接着第一个填在下面。",
  "verify.next_not_before_no_header":
    "要证明时间的下限，还需要第 12 步所列的另一个区块。请在下面向您信任的节点询问。",
  "verify.next_trusted_rpc_only":
    "到目前为止，时间依据的是一条不提供证明的链。请等日志写入能提供证明的链，重新取得凭据后再核验。",
  "verify.next_no_beacon": "凭据尚未表明时间的下限。请等几分钟，重新取得凭据后再核验。",
  "verify.next_not_final": "该区块还很新，仍有可能被替换。请等几分钟再核验。",
  "verify.next_block_not_final": "该区块还很新，仍有可能被替换。请等几分钟再核验。",
  "verify.next_revocation_not_shown":
    "单凭凭据无法判断密钥是否已被吊销，须通读整个日志，只有命令行能做到。如果不需要，请在“核验要多严格？”中取消这项要求。",
  "verify.next_not_anchored": "日志尚未写入区块链。请等几分钟，重新取得凭据后再核验。",
  "verify.next_checkpoint_no_policy_key":
    "您信任策略中的密钥都没有签署过这个日志。可能策略比凭据旧：请取得新的策略，并比对其摘要。",
  "verify.files_title": "您的文件",
  "verify.files_other_list": "您给出的文件清单不是这条记录的清单，无法据此判断各个文件。",
  "verify.files_no_list": "要知道是哪些文件不同，需要文件清单（manifest.jsonl），请一并拖到上面。",
  "verify.files_matched": "{count} 个文件与记录完全一致。",
  "verify.files_changed": "有改动：{count} 个",
  "verify.files_missing": "缺失：{count} 个",
  "verify.files_added": "不在记录中：{count} 个",
  "verify.files_renamed": "已改名：{count} 个",
  "verify.files_duplicated": "与某个已记录文件内容相同的副本：{count} 个",
  "verify.files_more": "……另有 {count} 个。",
  "verify.steps_title": "逐步核验",
  "verify.steps_lead": "这就是全部的核验步骤。“未核验”并不表示可疑，只是尚不知晓。",
  "verify.claims_title": "记录所写的内容",
  "verify.claims_lead":
    "以下是签名者自己的话。凭据证明的是这些话在当时已经说出，并不证明其内容属实。",
  "verify.claims_type": "记录种类",
  "verify.claims_sealed": "已由存证人密封",
  "verify.claims_unshown": "另有 {count} 人未在此公开",
  "verify.claims_time": "签名者自己时钟的时间",
  "verify.type_deposit": "数据存证",
  "verify.type_opening": "启封",
  "verify.type_fixity": "重读文件",
  "verify.type_response": "贡献者答复",
  "verify.type_dispute": "争议",
  "verify.type_statement": "争议陈述",
  "verify.type_ruling": "争议裁定",
  "verify.type_key": "密钥公布",
  "verify.record_id": "记录编号",
  "verify.record_entry": "条目",
  "verify.save_verdict": "保存此结论（JSON）",
};
