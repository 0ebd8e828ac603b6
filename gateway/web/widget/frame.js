// The widget's own page, inside its frame: who the visitor is to the server is known here and in no
// other page. Everything from the server is shown as text, never as markup.
"use strict";

const key = location.pathname.split("/")[2];
const store = "parlour." + key;
// The slug of the card that this page was opened from, instead of a site around it.
const card = new URLSearchParams(location.search).get("card");
const main = document.getElementById("main");
let token = null;
let parentOrigin = null;
let vouched = false; // by the site, which says so each time: nothing is to be kept here

const words = {
    de: {
        name: "Ihr Name", email: "Ihre E-Mail-Adresse", next: "Weiter", agree: "Ich stimme zu",
        policy: "Datenschutzerklärung", choose: "Mit wem möchten Sie sprechen?",
        nobody: "Zurzeit ist niemand da.", online: "jetzt erreichbar", failed: "Das ging nicht: ",
        back: "Zurück", send: "Senden", message: "Ihre Nachricht", types: "schreibt …",
        erased: "gelöscht", leave: "Zurzeit nicht da. Hinterlassen Sie eine Nachricht.",
        persona: "Lieber unter anderem Namen", alias: "Name, unter dem Sie hier erscheinen",
        age: "Alter (freiwillig)", customer: "Ich habe ein Konto", password: "Passwort",
        newPassword: "Passwort (mindestens 10 Zeichen)", logIn: "Anmelden", logOut: "Abmelden",
        register: "Konto anlegen", forgotten: "Passwort vergessen?", sendLink: "Link zusenden",
        registered: "Eine E-Mail mit einem Link führt weiter. Danach melden Sie sich hier an.",
        linkSent: "Gibt es ein Konto mit dieser Adresse, ist eine E-Mail unterwegs.",
        close: "Schließen", search: "Suche", language: "Sprache", expertise: "Fachgebiet",
        location: "Ort", any: "alle", onlyAvailable: "Nur wer jetzt erreichbar ist",
        more: "Weitere anzeigen", noMatch: "Dazu passt zurzeit niemand.",
        found: (count, more) => count + (more ? " angezeigt, es gibt weitere" : " gefunden"),
        noMessages: "nimmt hier zurzeit keine Nachrichten an",
        ways: { chat: "Chat", audio: "Telefonat", video: "Video", booking: "Termin" },
        answerTo: "Ihre E-Mail-Adresse, an die eine Antwort geht",
        addressWanted: "Bitte geben Sie eine E-Mail-Adresse für die Antwort an.",
    },
    en: {
        name: "Your name", email: "Your e-mail address", next: "Go on", agree: "I agree",
        policy: "privacy policy", choose: "Whom would you like to talk to?",
        nobody: "There is nobody here at the moment.", online: "available now",
        failed: "That did not work: ", back: "Back", send: "Send", message: "Your message",
        types: "is writing …", erased: "erased",
        leave: "Not there at the moment. Leave a message.",
        persona: "Use another name", alias: "The name you go by here", age: "Age (optional)",
        customer: "I have an account", password: "Password",
        newPassword: "Password (at least 10 characters)", logIn: "Log in", logOut: "Log out",
        register: "Open an account", forgotten: "Forgotten your password?", sendLink: "Send the link",
        registered: "A mail with a link leads on. Then log in here.",
        linkSent: "If there is an account with this address, a mail is on its way.",
        close: "Close", search: "Search", language: "Language", expertise: "Expertise",
        location: "Place", any: "all", onlyAvailable: "Only who is available now",
        more: "Show more", noMatch: "Nobody fits that at the moment.",
        found: (count, more) => count + (more ? " shown, there are more" : " found"),
        noMessages: "takes no messages here at the moment",
        ways: { chat: "Chat", audio: "Call", video: "Video", booking: "Appointment" },
        answerTo: "Your e-mail address, for the answer",
        addressWanted: "Please give an e-mail address for the answer.",
    },
};
let say = words.en;

// The browser keeps it apart for each site around the frame; some browsers keep nothing.
function remembered() {
    try { return localStorage.getItem(store); } catch (refused) { return null; }
}
function remember(value) {
    if (vouched) return;
    try { localStorage.setItem(store, value); } catch (refused) { /* asked anew next time */ }
}

// `named` is the key of a request that may be sent again.
async function ask(method, path, body, named) {
    const headers = { "Content-Type": "application/json" };
    if (named) headers["Idempotency-Key"] = named;
    if (token) headers.Authorization = "Bearer " + token;
    const answer = await fetch(path, {
        method: method, headers: headers, credentials: "omit",
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    const document = text ? JSON.parse(text) : null;
    if (!answer.ok) throw document;
    return document;
}

function notice(problem) {
    const detail = problem && problem.detail ? problem.detail : String(problem || "");
    document.getElementById("notice").textContent = detail ? say.failed + detail : "";
}

function make(tag, text, className) {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
}

function plainButton(label, pressed) {
    const button = make("button", label, "plain");
    button.type = "button";
    button.addEventListener("click", function () {
        notice("");
        pressed();
    });
    return button;
}

function field(form, label, type, required) {
    const outer = make("label", label);
    const input = make("input");
    input.type = type;
    input.required = required;
    outer.appendChild(input);
    form.appendChild(outer);
    return input;
}

function paint(config) {
    const root = document.documentElement;
    const look = config.branding;
    root.lang = config.locale;
    root.style.setProperty("--colour", look.colour);
    root.style.setProperty("--text", look.text_colour);
    root.style.setProperty("--accent", look.accent_colour);
    root.style.setProperty("--accent-text", look.accent_text_colour);
    document.getElementById("slogan").textContent = look.slogan;
    document.getElementById("close").setAttribute("aria-label", say.close);
    const logo = document.getElementById("logo");
    logo.hidden = !config.logo;
    if (config.logo) logo.src = config.logo;
}

// Name, address and consent, as far as the widget asks for them; in place of the name another one,
// by which experts know the visitor then, and an age. A customer logs in instead.
function askWho(config, veiled) {
    return new Promise(function (resolve) {
        const form = make("form");
        if (config.branding.greeting) form.appendChild(make("p", config.branding.greeting));
        const alias = veiled ? field(form, say.alias, "text", true) : null;
        const age = veiled ? field(form, say.age, "number", false) : null;
        if (age) Object.assign(age, { min: 0, max: 150 });
        const name = veiled || config.ask_name === "not" ? null
            : field(form, say.name, "text", config.ask_name === "required");
        const email = config.ask_email === "not" ? null
            : field(form, say.email, "email", config.ask_email === "required");
        if (config.consent.policy_url) {
            const link = make("a", say.policy);
            link.href = config.consent.policy_url;
            link.target = "_blank";
            link.rel = "noopener noreferrer";
            form.appendChild(link);
        }
        const strict = config.consent.mode === "explicit";
        form.appendChild(make("button", strict ? say.agree : say.next, "main"));
        form.appendChild(plainButton(veiled ? say.back : say.persona,
                                     () => askWho(config, !veiled).then(resolve)));
        if (config.customers && !veiled) form.appendChild(customerButton(config, resolve));
        form.addEventListener("submit", async function (event) {
            event.preventDefault();
            notice("");
            try {
                if (strict) {
                    await ask("POST", "/api/v1/visitor/consents",
                              { policy_version: config.consent.policy_version,
                                policy_sha256: config.consent.policy_sha256 });
                }
                const said = {};
                if (name && name.value) said.name = name.value;
                if (email && email.value) said.email = email.value;
                if (alias) {
                    const persona = { name: alias.value };
                    if (age.value) persona.age = Number(age.value);
                    await ask("PUT", "/api/v1/visitor/persona", persona);
                }
                if (said.name || said.email) await ask("PUT", "/api/v1/visitor/identity", said);
                if (strict || alias || said.name || said.email) remember(token);
                resolve();
            } catch (problem) {
                notice(problem);
            }
        });
        main.replaceChildren(form);
    });
}

function customerButton(config, resolve) {
    return plainButton(say.customer, async function () {
        if (await askCustomer(config)) resolve();
        else askWho(config, false).then(resolve);
    });
}

// From a card there is one expert to talk to; the way back is the card.
async function showCardsExpert(config) {
    const place = key.split("-")[0] + "/" + encodeURIComponent(card);
    const shown = await ask("GET", "/api/v1/cards/" + place);
    const expert = await ask("GET", "/api/v1/experts/" + shown.expert);
    await showChat(main, config, expert, () => location.assign("/card/" + place));
}

async function begin(bootstrap) {
    const kept = bootstrap.identity ? null : remembered();
    token = isCustomer(kept) ? null : kept;
    const session = await ask("POST", "/api/v1/widget/" + key + "/sessions", bootstrap);
    const config = session.config;
    token = session.token;
    vouched = session.verified === true;
    if (vouched) Object.assign(config, { ask_name: "not", ask_email: "not" });
    Object.assign(config, { customers: session.customers === true && !vouched, bootstrap: bootstrap });
    if (isCustomer(kept)) await customerAgain(kept);
    say = words[config.locale];
    paint(config);
    const visitor = await ask("GET", "/api/v1/visitor");
    if (!visitor.known && !isCustomer(token)) await askWho(config, false);
    await (card ? showCardsExpert : showExperts)(config);
}

document.getElementById("close").addEventListener("click", function () {
    window.parent.postMessage({ parlour: "close" }, parentOrigin);
});

if (window.parent === window) {
    begin(card ? { card: card } : {}).catch(notice);
} else {
    // The nonce tells the server which page this is; the page's word alone would not do.
    window.addEventListener("message", function (event) {
        if (event.source !== window.parent || event.data.parlour !== "bootstrap") return;
        if (parentOrigin !== null) return;
        parentOrigin = event.origin;
        document.getElementById("close").hidden = false;
        const bootstrap = { nonce: event.data.nonce, parent_origin: event.origin };
        if (event.data.identity) bootstrap.identity = event.data.identity;
        begin(bootstrap).catch(notice);
    });
    window.parent.postMessage({ parlour: "hello" }, "*");
}
