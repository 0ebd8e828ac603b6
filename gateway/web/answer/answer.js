// What the link of a mail leads a visitor to: the answers that waited, for reading. Everything from
// the server is shown as text, never as markup.
"use strict";

const at = (id) => document.getElementById(id);
const words = {
    de: {
        title: "Antwort von ", plain: "Ihre Antwort", erased: "gelöscht",
        hint: "Möchten Sie antworten? Das geht auf der Seite, auf der Sie geschrieben haben.",
        none: "Hier ist nichts mehr zu lesen.",
        over: "Dieser Link gilt nicht (mehr). Öffnen Sie ihn noch einmal aus der E-Mail, oder kehren " +
            "Sie auf die Seite zurück, auf der Sie geschrieben haben.",
        failed: "Das ging nicht. Bitte öffnen Sie den Link in der E-Mail noch einmal.",
    },
    en: {
        title: "An answer from ", plain: "Your answer", erased: "erased",
        hint: "Would you like to reply? You can do so on the page where you wrote.",
        none: "There is nothing to read here any more.",
        over: "This link is not valid (any more). Open it once more from the mail, or go back to the " +
            "page where you wrote.",
        failed: "That did not work. Please open the link in the mail once more.",
    },
};
const locale = (navigator.language || "en").startsWith("de") ? "de" : "en";
const say = words[locale];
let shown = 0;

async function ask(token, body) {
    const answer = await fetch("/api/v1/answers", {
        method: "POST", credentials: "omit", body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", Authorization: "Bearer " + token },
    });
    if (!answer.ok) throw answer.status;
    return answer.json();
}

function show(item) {
    const row = document.createElement("li");
    const when = document.createElement("time");
    when.dateTime = item.time;
    when.textContent = new Date(item.time).toLocaleString(locale);
    const text = document.createElement("p");
    text.textContent = item.erased ? say.erased : item.text;
    row.append(when, text);
    at("answers").append(row);
    shown += 1;
}

// The token leaves the address at once.
async function load() {
    document.documentElement.lang = locale;
    const token = location.hash.slice(1);
    if (location.hash) history.replaceState(null, "", location.pathname);
    let page = await ask(token, {});
    at("title").textContent = page.company ? say.title + page.company : say.plain;
    document.title = at("title").textContent;
    page.items.forEach(show);
    while (page.after_version) {
        page = await ask(token, { after_version: page.after_version });
        page.items.forEach(show);
    }
    at("hint").textContent = shown ? say.hint : say.none;
}

load().catch(function (status) {
    at("hint").textContent = status === 410 ? say.over : say.failed;
});
