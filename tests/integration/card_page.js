// The page of a card without a browser: its own script over a small document, in Node. Prints what is
// to be seen in the end, [tag, text, link or picture] of each element, as one JSON list.
// usage: card_page.js SCRIPT SERVER PATH LANGUAGE
"use strict";

const fs = require("fs");
const vm = require("vm");
const { Element } = require("./small_document.js");

const [script, server, path, language] = process.argv.slice(2);
const main = new Element("main");
const scope = {
    document: { documentElement: new Element("html"), title: "", getElementById: () => main,
                createElement: (tag) => new Element(tag) },
    location: { pathname: path },
    navigator: { language: language },
    fetch: (to, options) => fetch(new URL(to, server), options),
};
vm.createContext(scope);
vm.runInContext(fs.readFileSync(script, "utf8"), scope, { filename: script });

process.on("exit", function () {
    const seen = [["title", scope.document.title, null]];
    main.find(function (element) {
        if (element !== main) seen.push([element.tag, element.text, element.href || element.src || null]);
    });
    console.log(JSON.stringify(seen));
});
