/**
 * Whose word a check rests on: the trust policy, and the comparing of its digest.
 */

import { digestGroups } from "../elements/digest.js";
import { h, replace } from "../elements/dom.js";
import { busyButton, button, saying } from "../elements/form.js";
import { notice } from "../elements/notice.js";
import { policyCompare } from "../elements/policy_compare.js";
import { why } from "../elements/why.js";
import { judgeOfServer } from "../own_policy.js";
import { keptPolicies } from "../policies.js";
import { originOf } from "./verify_data.js";

/**
 * Draw what there is to say about the policy: to choose one, or to compare its digest.
 * @param {Element} place
 * @param {import("./verify_material.js").Desk} desk
 */
export async function drawPolicy(place, desk) {
  const { material, page } = desk;
  if (material.judge !== null) {
    replace(place, comparing(desk));
    return;
  }
  const kept = await keptPolicies();
  if (page.signal.aborted || material.judge !== null) return;
  const origin = originOf(material);
  const fitting = kept.find((one) => one.origin === origin);
  if (fitting !== undefined) {
    material.judge = { ...fitting, isOwn: true };
    desk.changed();
    return;
  }
  replace(place, choosing(desk, kept));
}

function choosing(desk, kept) {
  const { material, page } = desk;
  const { say } = page;
  const said = saying();
  const use = (judge) => {
    material.judge = judge;
    desk.changed();
  };
  const ask = async () => {
    try {
      const judge = await judgeOfServer({ signal: page.signal });
      if (!page.signal.aborted) use(judge);
    } catch (error) {
      if (!page.signal.aborted)
        said.show(
          notice(
            "caution",
            null,
            h("p", null, say.nodes("verify.policy_not_fetched", { why: why(page, error) })),
          ),
        );
    }
  };
  return h(
    "section",
    { class: "policy-choice" },
    h("h2", null, say("verify.policy_title")),
    h("p", null, say("verify.policy_lead")),
    kept.map((one) =>
      h(
        "p",
        null,
        button(say("verify.policy_use_kept", { origin: one.origin }), () =>
          use({ ...one, isOwn: true }),
        ),
      ),
    ),
    !page.isSaved && h("p", null, busyButton(say("verify.policy_ask"), ask, "main")),
    !page.isSaved && h("p", { class: "hint" }, say("verify.policy_ask_hint")),
    said.node,
  );
}

function comparing(desk) {
  const { material, page } = desk;
  const { say } = page;
  const { judge } = material;
  const named = h(
    "p",
    null,
    say.nodes("verify.policy_of", { origin: h("bdi", null, judge.origin) }),
  );
  if (judge.isOwn) {
    const shown = h("p", null, digestGroups(page, judge.digest, say("verify.policy_digest")));
    return h("details", null, h("summary", null, say("verify.policy_yours")), named, shown);
  }
  const onKept = () => {
    material.judge = { ...judge, isOwn: true };
    desk.changed();
  };
  return notice(
    "caution",
    say("verify.policy_compare_title"),
    named,
    say("verify.policy_compare"),
    policyCompare(page, judge, onKept),
  );
}
