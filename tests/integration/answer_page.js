// The page of a mail's link without a browser: its own script over a small document, in Node. Prints
// what is to be seen in the end, and the address that is left, as one JSON object.
// usage: answer_page.js SCRIPT LINK LANGUAGE
"use strict";

const fs = require("fs");
const vm = require("vm");
const { Element } = require("./small_document.js");

const [script, link, language] = process.argv.slice(2);
const address = new URL(link);
const parts = { title: new Element("h1"), answers: new Element("ol"), hint: new Element("p") };
const scope = {
    document: { documentElement: new Element("html"), title: "", getElementById: (id) => parts[id],
                createElement: (tag) => new Element(tag) },
    location: { pathname: address.pathname, hash: address.hash },
    history: { replaceState: (state, title, path) => { address.href = new URL(path, address).href; } },
    navigator: { language: language },
    fetch: (to, options) => fetch(new URL(to, link), options),
};
vm.createContext(scope);
vm.runInContext(fs.readFileSync(script, "utf8"), scope, { filename: script });

process.on("exit", function () {
    console.log(JSON.stringify({
        title: scope.document.title, hint: parts.hint.textContent, address: address.href,
        answers: parts.answers.children.map((row) => row.children[1].textContent),
    }));
});
