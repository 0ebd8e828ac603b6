// The portal: what the link of a mail asks for, logging in, and from there the desk and the company.
// Everything from the server is shown as text, never as markup.
"use strict";

const at = (id) => document.getElementById(id);
const main = at("main");
let me = null;
let csrf = null;
let leave = function () {}; // ends what is shown now
let again = showLogIn; // shows it once more, in another language
let say = words.en;

const language = () => (say === words.de ? "de" : "en");

// `named` is the key of a request that may be sent again; a body with a `type` goes as it is.
async function ask(method, path, body, named, type) {
    const headers = { "Content-Type": type || "application/json" };
    if (named) headers["Idempotency-Key"] = named;
    if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
    const answer = await fetch(path, {
        method: method, headers: headers,
        body: body === undefined || type ? body : JSON.stringify(body),
    });
    const content = await answer.text();
    const read = content ? JSON.parse(content) : null;
    if (!answer.ok) throw read;
    return read;
}

function notice(problem) {
    const detail = problem && problem.detail ? problem.detail : problem ? say.gone : "";
    at("notice").textContent = detail ? say.failed + detail : "";
}

function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function make(tag, content, className) {
    const element = document.createElement(tag);
    if (content) element.textContent = content;
    if (className) element.className = className;
    return element;
}
function button(label, className, pressed) {
    const made = make("button", label, className);
    made.type = "button";
    made.addEventListener("click", pressed);
    return made;
}
function field(form, label, type, required, complete) {
    const outer = make("label", label);
    const input = make("input");
    input.type = type;
    input.required = required;
    if (complete) input.setAttribute("autocomplete", complete);
    outer.append(input);
    form.append(outer);
    return input;
}
function tick(form, label, on) {
    const outer = make("label", "", "tick");
    const input = make("input");
    input.type = "checkbox";
    input.checked = on;
    outer.append(input, make("span", " " + label));
    form.append(outer);
    return input;
}

// A page with one form: `fields` names its inputs, `send` gets what was put in.
function showDoor(title, hint, fields, action, send) {
    leave();
    leave = function () {};
    again = () => showDoor.apply(null, [title, hint, fields, action, send]);
    at("nav").replaceChildren();
    main.className = "door";
    const head = make("h2", say[title]);
    head.tabIndex = -1;
    const form = make("form");
    const inputs = fields.map(([name, type, complete]) =>
        [name, field(form, say[name], type, true, complete)]);
    form.append(make("button", say[action], "main"));
    form.addEventListener("submit", async function (event) {
        event.preventDefault();
        notice("");
        form.lastChild.disabled = true;
        await send(Object.fromEntries(inputs.map(([name, input]) => [name, input.value]))).catch(notice);
        form.lastChild.disabled = false;
    });
    main.replaceChildren(head, make("p", hint ? say[hint] : "", "quiet"), form);
    head.focus();
    return main;
}

async function logIn(answer) {
    csrf = answer.csrf_token;
    await enter();
}

function showLogIn(hint) {
    const word = typeof hint === "string" ? hint : "visitors";
    showDoor("logIn", word, [["email", "email", "username"], ["password", "password", "current-password"]],
             "logIn", async (given) => logIn(await ask("POST", "/api/v1/sessions", given)));
    main.append(button(say.forgotten, "link", showAskReset), button(say.register, "link", showRegister));
    again = () => showLogIn(word);
}
// Where the operator lets nobody register, the server says so.
function showRegister() {
    showDoor("register", "registerHint",
             [["name", "text", "name"], ["email", "email", "username"], ["newPassword", "password", "new-password"]],
             "register", async function (given) {
        await ask("POST", "/api/v1/registrations", {
            name: given.name, email: given.email, password: given.newPassword, locale: language(),
        });
        showLogIn("registered");
    });
    main.append(button(say.back, "link", showLogIn));
    again = showRegister;
}
function showAskReset() {
    showDoor("askReset", "", [["email", "email", "username"]], "askSend", async function (given) {
        await ask("POST", "/api/v1/password-resets", given);
        showLogIn("asked");
    });
    main.append(button(say.back, "link", showLogIn));
    again = showAskReset;
}
// The link of a company's customer has the same form; it leads into no portal.
async function confirmAddress(given) {
    try {
        await logIn(await ask("POST", "/api/v1/registrations/confirmations", given));
    } catch (refused) {
        if (!refused || refused.status !== 410) throw refused;
        await ask("POST", "/api/v1/customers/confirmations", given);
        showLogIn("customerDone");
    }
}
const newSecret = [["newPassword", "password", "new-password"]];
const doors = {
    "log-in": () => showLogIn(),
    conversation: () => showLogIn(),
    invitation: (token) => showDoor("invited", "acceptHint", newSecret, "accept", async (given) =>
        logIn(await ask("POST", "/api/v1/invitations/acceptances",
                        { token: token, password: given.newPassword }))),
    confirm: (token) => showDoor("confirm", "confirmHint", [["password", "password", "current-password"]],
                                 "goOn", async (given) =>
        confirmAddress({ token: token, password: given.password })),
    reset: (token) => token ? showDoor("reset", "", newSecret, "save", async function (given) {
        await ask("POST", "/api/v1/password-resets/completions",
                  { token: token, password: given.newPassword });
        showLogIn("resetDone");
    }) : showAskReset(),
};

// Where an account may go, and to the first of it.
async function enter() {
    me = await ask("GET", "/api/v1/me");
    csrf = me.csrf_token;
    main.className = "";
    const places = [];
    if (me.expert) places.push([say.inbox, () => showDesk(main, wanted())]);
    if (me.expert) places.push([say.profile, () => showProfile(main, me)]);
    if (me.roles.includes("admin")) places.push([say.company, () => showCompany(main, me)]);
    const entries = places.map(([label, show]) => button(label, "", () => go(label)));
    const out = button(say.logOut, "", async function () {
        await ask("DELETE", "/api/v1/sessions/current").catch(notice);
        csrf = null;
        showLogIn();
    });
    at("nav").replaceChildren(...entries, out);
    async function go(label) {
        leave();
        leave = function () {};
        notice("");
        for (const entry of entries) {
            if (entry.textContent === label) entry.setAttribute("aria-current", "page");
            else entry.removeAttribute("aria-current");
        }
        leave = await places.find(([name]) => name === label)[1]();
    }
    again = enter;
    if (places.length) await go(places[0][0]);
    else showAlone();
}

function showAlone() {
    const title = make("h2", say.alone);
    const form = make("form");
    const name = field(form, say.companyName, "text", true);
    const key = newKey();
    form.append(make("button", say.found, "main"));
    form.addEventListener("submit", function (event) {
        event.preventDefault();
        notice("");
        ask("POST", "/api/v1/companies", { name: name.value }, key)
            .then(() => ask("DELETE", "/api/v1/sessions/current"))
            .then(() => showLogIn("founded"), notice);
    });
    main.replaceChildren(title, form);
}

// The conversation that a mail's link names, once.
let conversation = null;
function wanted() {
    const now = conversation;
    conversation = null;
    return now;
}

// A token leaves the address at once.
async function begin() {
    const [name, value] = location.hash.slice(1).split("=");
    if (location.hash) history.replaceState(null, "", "/portal");
    if (name === "conversation") conversation = value;
    if (Object.hasOwn(doors, name) && name !== "conversation") return doors[name](value);
    try {
        await enter();
    } catch (refused) {
        if (refused && refused.status === 401) showLogIn();
        else notice(refused || true);
    }
}

function speak(to) {
    say = words[to];
    document.documentElement.lang = to;
    at("language").value = to;
}
at("language").addEventListener("change", function () {
    speak(at("language").value);
    leave();
    Promise.resolve(again()).catch(notice);
});
speak((navigator.language || "en").startsWith("de") ? "de" : "en");
begin();
