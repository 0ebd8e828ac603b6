// The portal without a browser: its own scripts over a small document, in Node. Reads what a person
// does, a JSON object a line ({"fill": LABEL, "with": TEXT}, {"press": TEXT}, {"choose": LABEL,
// "with": VALUE}), and prints what is to be seen then and whenever it changes, likewise.
// usage: portal_page.js FOLDER_OF_SCRIPTS SERVER HASH [no-socket]
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");
const vm = require("vm");
const { Element } = require("./small_document.js");

const [folder, server, hash, noSocket] = process.argv.slice(2);
const byId = {};
for (const id of ["nav", "main", "notice", "language"]) byId[id] = new Element(id);
const document = {
    documentElement: new Element("html"), hidden: false,
    getElementById: (id) => byId[id], createElement: (tag) => new Element(tag),
};

// A browser keeps the session's cookie by itself, and shows it to no script.
let cookie = "";
async function asked(to, options) {
    const headers = { ...(options && options.headers) };
    if (cookie) headers.Cookie = cookie;
    const answer = await fetch(new URL(to, server), { ...options, headers: headers });
    const set = answer.headers.get("set-cookie");
    if (set) cookie = set.split(";")[0];
    return answer;
}

// What an EventSource does, as far as the portal uses it.
class Stream extends Element {
    constructor(to) {
        super("stream");
        this.stop = new AbortController();
        this.run(to).catch(() => {});
    }
    async run(to) {
        const answer = await asked(to, { signal: this.stop.signal });
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        for (;;) {
            const piece = await reader.read();
            if (piece.done) return;
            const lines = (text + piece.value).split("\n");
            text = lines.pop();
            for (const line of lines) {
                if (line.startsWith("data: ")) this.dispatch("message", { data: line.slice(6) });
            }
        }
    }
    close() { this.stop.abort(); }
}

const parts = new URL(server);
const location = { protocol: parts.protocol, host: parts.host, origin: parts.origin, hash: hash };
const scope = {
    document: document, console: console, crypto: crypto, setTimeout: setTimeout,
    clearTimeout: clearTimeout, fetch: asked, location: location, navigator: { language: "en" },
    history: { replaceState: () => { location.hash = ""; } }, confirm: () => true,
    WebSocket: noSocket ? undefined : WebSocket, EventSource: Stream,
};
vm.createContext(scope);

function all(fits) {
    const found = [];
    for (const top of [byId.nav, byId.main]) {
        top.find((element) => { if (fits(element)) found.push(element); });
    }
    return found;
}
const texts = (fits) => all(fits).map((element) => element.textContent);
function labelled(label) {
    const outer = all((element) => element.tag === "label" && element.textContent.startsWith(label))[0];
    return outer.find((element) => ["input", "textarea", "select"].includes(element.tag));
}
function hidden(element) {
    for (let one = element; one; one = one.parent) if (one.hidden) return true;
    return false;
}

function seen() {
    const list = all((element) => element.className === "messages")[0];
    return JSON.stringify({
        title: texts((element) => element.tag === "h2"), hash: location.hash,
        labels: texts((element) => element.tag === "label" && !hidden(element)),
        buttons: texts((element) => element.tag === "button" && !hidden(element)),
        cells: texts((element) => element.tag === "td"), code: texts((element) => element.tag === "pre"),
        told: texts((element) => element.className === "told").join(""),
        presence: all((element) => element.tag === "select").map((element) => element.value),
        messages: list ? list.children.map((row) => [row.className, row.textContent]) : null,
        typing: texts((element) => element.className === "typing").join(""),
        notice: byId.notice.textContent,
    });
}
let last = "";
setInterval(function () {
    const now = seen();
    if (now !== last) console.log(now);
    last = now;
}, 20);

function press(text) {
    const pressed = all((element) => element.tag === "button" && element.textContent.startsWith(text))[0];
    if (pressed.listeners.click) return pressed.dispatch("click");
    let form = pressed.parent;
    while (form.tag !== "form") form = form.parent;
    form.requestSubmit();
}

readline.createInterface({ input: process.stdin }).on("line", function (line) {
    const done = JSON.parse(line);
    if (done.press !== undefined) return press(done.press);
    if (done.language !== undefined) {
        byId.language.value = done.language;
        return byId.language.dispatch("change");
    }
    const field = labelled(done.fill ?? done.choose);
    if (typeof done.with === "boolean") field.checked = done.with;
    else field.value = done.with;
    field.dispatch(done.fill === undefined ? "change" : "input");
}).on("close", () => process.exit(0));

// One scope, as the page's scripts have it.
const scripts = ["words.js", "live.js", "desk.js", "profile.js", "admin.js", "portal.js"];
vm.runInContext(scripts.map((name) => fs.readFileSync(path.join(folder, name), "utf8")).join("\n"), scope);
