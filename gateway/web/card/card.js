// An expert's card. Everything from the server is shown as text, never as markup.
"use strict";

const main = document.getElementById("main");
const words = {
    de: {
        languages: "Sprachen", expertise: "Fachgebiete", locations: "Standorte",
        availability: "Erreichbar", channels: "Wege", now: "Jetzt erreichbar",
        later: "Zurzeit nicht da: Hinterlassen Sie eine Nachricht.", chat: "Schreiben",
        gone: "Diese Karte gibt es nicht (mehr).", failed: "Das ging nicht. Bitte neu laden.",
        ways: { chat: "Chat", audio: "Telefonat", video: "Video", booking: "Termin" },
    },
    en: {
        languages: "Languages", expertise: "Expertise", locations: "Locations",
        availability: "Availability", channels: "Ways", now: "Available now",
        later: "Not there at the moment: leave a message.", chat: "Chat",
        gone: "There is no such card (any more).", failed: "That did not work. Please reload.",
        ways: { chat: "Chat", audio: "Call", video: "Video", booking: "Appointment" },
    },
};
const locale = (navigator.language || "en").startsWith("de") ? "de" : "en";
const say = words[locale];

function add(outer, tag, text, className) {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (className) element.className = className;
    outer.appendChild(element);
    return element;
}

function addFact(list, name, value) {
    if (!value) return;
    add(list, "dt", name);
    add(list, "dd", value);
}

function show(card) {
    document.title = card.name;
    if (card.photo) {
        const photo = add(main, "img");
        photo.src = card.photo;
        photo.alt = card.name;
    }
    add(main, "h1", card.name);
    if (card.title) add(main, "p", card.title, "title");
    add(main, "p", card.available ? say.now : say.later, "now");
    if (card.chat) add(main, "a", say.chat, "chat").href = card.chat;
    if (card.description) add(main, "p", card.description);
    const facts = add(main, "dl");
    for (const kind of ["languages", "expertise", "locations"]) {
        addFact(facts, say[kind], card[kind].join(", "));
    }
    addFact(facts, say.availability, card.availability);
    const open = Object.keys(say.ways).filter((way) => card.channels[way]);
    addFact(facts, say.channels, open.map((way) => say.ways[way]).join(", "));
}

async function load() {
    document.documentElement.lang = locale;
    const [, , company, slug] = location.pathname.split("/");
    const answer = await fetch("/api/v1/cards/" + company + "/" + slug, { credentials: "omit" });
    if (answer.ok) {
        show(await answer.json());
    } else {
        add(main, "p", answer.status === 404 ? say.gone : say.failed);
    }
}

load().catch(() => add(main, "p", say.failed));
