// The widget's page without a browser: its own scripts over a small document, in Node. Reads what a
// visitor does, a JSON object a line ({"press": TEXT} a button, {"write": TEXT} a message,
// {"fill": LABEL, "with": TEXT} a field, {"choose": LABEL, "with": VALUE} of a list or true or false
// for a box), and prints what is to be seen then and whenever it changes,
// a JSON object a line.
// EXPERTS_AT_ONCE in the environment is how many experts a page of them has.
// usage: frame_page.js FOLDER_OF_SCRIPTS SERVER WIDGET_KEY NONCE PARENT_ORIGIN [no-socket|IDENTITY]
//        frame_page.js FOLDER_OF_SCRIPTS SERVER WIDGET_KEY SLUG card    opened from a card
"use strict";

const fs = require("fs");
const path = require("path");
const readline = require("readline");
const vm = require("vm");
const { Element } = require("./small_document.js");

const [folder, server, key, nonce, parentOrigin, option] = process.argv.slice(2);
const noSocket = option === "no-socket";
const identity = noSocket ? undefined : option;

const byId = {};
for (const id of ["slogan", "close", "logo", "main", "notice"]) byId[id] = new Element(id);
const kept = {};
const page = new Element("window");
const document = {
    documentElement: new Element("html"), hidden: false,
    getElementById: (id) => byId[id], createElement: (tag) => new Element(tag),
};

// Pages of experts so small that a few experts fill several.
function fewAtOnce(to) {
    const few = process.env.EXPERTS_AT_ONCE;
    return few ? to.replace(/^(\/api\/v1\/experts\?limit=)\d+/, "$1" + few) : to;
}

// The page around the frame.
const around = {
    postMessage: function (message) {
        if (message.parlour !== "hello") return;
        page.dispatch("message", { source: around, origin: parentOrigin,
                                   data: { parlour: "bootstrap", nonce: nonce,
                                           identity: identity } });
    },
};

const parts = new URL(server);
const scope = {
    document: document, URL: URL, console: console, crypto: crypto, setTimeout: setTimeout,
    clearTimeout: clearTimeout, AbortController: AbortController,
    TextDecoderStream: TextDecoderStream,
    URLSearchParams: URLSearchParams,
    location: { protocol: parts.protocol, host: parts.host, pathname: `/widget/${key}/frame`,
                search: parentOrigin === "card" ? `?card=${nonce}` : "" },
    localStorage: { getItem: (name) => kept[name] ?? null,
                    setItem: (name, value) => { kept[name] = value; } },
    addEventListener: page.addEventListener.bind(page), parent: around,
    WebSocket: noSocket ? undefined : WebSocket,
    fetch: (to, options) => fetch(new URL(fewAtOnce(to), server), {
        ...options, headers: { ...options.headers, Origin: parts.origin } }),
};
scope.window = scope;
if (parentOrigin === "card") scope.parent = scope;
vm.createContext(scope);

function seen() {
    const list = byId.main.find((element) => element.className === "messages");
    const typing = byId.main.find((element) => element.className === "typing");
    return JSON.stringify({
        buttons: texts((element) => element.tag === "button"),
        fields: texts((element) => element.tag === "label"),
        experts: texts((element) => element.className.split(" ")[0] === "expert"),
        closed: texts((element) => element.className === "expert closed"),
        images: [byId.logo, ...elements((element) => element.tag === "img")]
            .map((image) => image.src).filter((source) => source),
        found: texts((element) => element.role === "status").join(""),
        messages: list ? list.children.map((row) => [row.className, row.textContent]) : null,
        typing: typing ? typing.textContent : "", notice: byId.notice.textContent,
        kept: Object.keys(kept).length,
    });
}
function elements(fits) {
    const found = [];
    byId.main.find((element) => { if (fits(element)) found.push(element); });
    return found;
}
function texts(fits) {
    return elements(fits).map((element) => element.textContent);
}

let last = "";
setInterval(function () {
    const now = seen();
    if (now !== last) console.log(now);
    last = now;
}, 20);

readline.createInterface({ input: process.stdin }).on("line", function (line) {
    const done = JSON.parse(line);
    if (done.press !== undefined) {
        const button = byId.main.find((element) => element.tag === "button" &&
                                      element.textContent.startsWith(done.press));
        if (button.listeners.click) button.dispatch("click");
        else byId.main.find((element) => element.tag === "form").requestSubmit();
    } else if (done.fill !== undefined) {
        byId.main.find((element) => element.tag === "label" &&
                       element.textContent.startsWith(done.fill)).lastChild.value = done.with;
    } else if (done.choose !== undefined) {
        const input = byId.main.find((element) => element.tag === "label" &&
                                     element.textContent.startsWith(done.choose)).lastChild;
        if (typeof done.with === "boolean") input.checked = done.with;
        else input.value = done.with;
        input.dispatch("change");
    } else {
        const box = byId.main.find((element) => element.tag === "textarea");
        box.value = done.write;
        box.dispatch("input");
        box.dispatch("keydown", { key: "Enter" });
    }
}).on("close", () => process.exit(0));

for (const name of ["chat.js", "customer.js", "experts.js", "frame.js"]) {
    vm.runInContext(fs.readFileSync(path.join(folder, name), "utf8"), scope, { filename: name });
}
