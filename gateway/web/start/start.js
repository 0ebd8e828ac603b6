// The start page: how the server is, where it is reached, and what a link of a mail asks for.
"use strict";

const at = (id) => document.getElementById(id);

for (const place of document.querySelectorAll(".origin")) place.textContent = location.origin;

async function showState() {
  const answer = await fetch("/ready");
  const parts = await answer.json();
  at("state").textContent = parts.ready ? "It is ready." : "Not all of it is ready.";
  const views = `${parts.views.state}, ${parts.views.behind} records behind`;
  for (const [name, value] of [["Log", parts.log], ["Views", views], ["Keys", parts.keys],
    ["Mail", parts.mail]]) {
    at("parts").append(Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }));
  }
}

// By what stands behind "#" in the link of a mail. The token leaves the address at once.
const ASKS = {
  confirm: { title: "Confirm your address", path: "/api/v1/registrations/confirmations",
    done: "Your address is confirmed, and you are logged in.",
    customers: { path: "/api/v1/customers/confirmations",
      done: "Your address is confirmed: log in where you registered." } },
  reset: { title: "Set a new password", path: "/api/v1/password-resets/completions",
    done: "The new password is set." },
};

function askForToken() {
  const [name, token] = location.hash.slice(1).split("=");
  const ask = Object.hasOwn(ASKS, name) ? ASKS[name] : null;
  if (!ask || !token) return;
  history.replaceState(null, "", "/");
  at("token-title").textContent = ask.title;
  at("token").hidden = false;
  at("token").addEventListener("submit", async (event) => {
    event.preventDefault();
    const give = (path) => fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token, password: at("password").value }),
    });
    let answer = await give(ask.path);
    let done = ask.done;
    // A link of the same form goes to a company's customers.
    if (answer.status === 410 && ask.customers) {
      answer = await give(ask.customers.path);
      done = ask.customers.done;
    }
    at("token-answer").textContent = answer.ok ? done : (await answer.json()).detail;
  });
}

askForToken();
showState().catch(() => { at("state").textContent = "It does not answer."; });
