/**
 * The fourteen CRediT contributor roles, ANSI/NISO Z39.104-2022, with their Chinese names; mirrors
 * `provenance/credit.py`.
 *
 * A record carries the slug; address and names are looked up here.
 */

const BASE = "https://credit.niso.org/contributor-roles/";

/**
 * @typedef {object} Role
 * @property {string} slug what a record carries
 * @property {string} en
 * @property {string} zh
 * @property {string} uri
 */

const NAMES = [
  ["conceptualization", "Conceptualization", "概念化"],
  ["data-curation", "Data curation", "数据管理"],
  ["formal-analysis", "Formal analysis", "正式分析"],
  ["funding-acquisition", "Funding acquisition", "基金获取"],
  ["investigation", "Investigation", "做研究"],
  ["methodology", "Methodology", "方法学"],
  ["project-administration", "Project administration", "项目管理"],
  ["resources", "Resources", "资源供给"],
  ["software", "Software", "软件"],
  ["supervision", "Supervision", "指导"],
  ["validation", "Validation", "验证"],
  ["visualization", "Visualization", "可视化"],
  ["writing-original-draft", "Writing – original draft", "撰写 - 原始草稿"],
  ["writing-review-editing", "Writing – review & editing", "撰写 - 评论和编辑"],
];

/** By slug, in the taxonomy's alphabetical order. @type {Map<string, Role>} */
export const ROLES = new Map(
  NAMES.map(([slug, en, zh]) => [slug, Object.freeze({ slug, en, zh, uri: `${BASE}${slug}/` })]),
);
