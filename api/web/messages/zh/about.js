/** What a receipt proves and what not, whom one has to believe, and what the words mean. */
export default {
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
};
