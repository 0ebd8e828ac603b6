// The start page: how the server is, where it is reached; and the links of mails lead on.
"use strict";

const at = (id) => document.getElementById(id);

for (const place of document.querySelectorAll(".origin")) place.textContent = location.origin;

async function showState() {
  const answer = await fetch("/ready");
  const parts = await answer.json();
  at("state").textContent = parts.ready ? "It is ready." : "Not all of it is ready.";
  const views = `${parts.views.state}, ${parts.views.behind} records behind`;
  for (const [name, value] of [["Log", parts.log], ["Views", views],
    ["Policies", parts.policies], ["Keys", parts.keys],
    ["Mail", parts.mail]]) {
    at("parts").append(Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }));
  }
}

// The links of mails: they lead to the portal, with all that stands behind "#".
const LINKS = ["conversation", "invitation", "log-in", "reset", "confirm"];
if (LINKS.includes(location.hash.slice(1).split("=")[0])) {
  location.replace("/portal" + location.hash);
}

showState().catch(() => { at("state").textContent = "It does not answer."; });
