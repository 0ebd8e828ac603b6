// The expert's desk: who writes, one conversation, and whether the expert is there. portal.js has
// `ask`, `button`, `make`, `me`, `newKey`, `notice` and `say`, live.js `follow`.
"use strict";

const conversations = "/api/v1/conversations";
const typingEveryMs = 2000;
const typingShownMs = 4000;

// Keeps the expert's presence as the expert chooses it, and shows it as it is.
async function presenceSwitch() {
    const label = make("label", say.presence);
    const choice = make("select");
    for (const state of ["online", "busy", "offline"]) {
        const option = make("option", say[state]);
        option.value = state;
        choice.append(option);
    }
    choice.value = (await ask("GET", "/api/v1/me/presence")).state;
    choice.addEventListener("change", function () {
        notice("");
        ask("PUT", "/api/v1/me/presence", { state: choice.value }).catch(notice);
    });
    label.append(choice);
    label.told = function (event) {
        if (event.type === "presence" && event.expert === me.expert) choice.value = event.state;
    };
    return label;
}

// One conversation: its messages in the order of their versions, whichever way they came.
function showConversation(into, item, changed) {
    const who = item.visitor_name || say.visitor;
    const shown = new Map();
    let position = null;
    let readUpTo = 0;
    let typedAt = 0;
    let typingShown = null;
    let unsent = null; // what has no answer yet is sent again under its own name
    const title = make("h2", who);
    title.tabIndex = -1;
    const list = make("ol", "", "messages");
    list.setAttribute("role", "log");
    list.setAttribute("aria-label", say.messages);
    const typing = make("p", "", "typing");
    const form = make("form");
    const label = make("label", say.answer);
    const box = make("textarea");
    box.rows = 3;
    label.append(box);
    const close = button(say.close, "", function () {
        ask("POST", conversations + "/" + item.id + "/close").then(() => end(), notice);
    });
    const row = make("div", "", "row");
    row.append(make("button", say.send, "main"), close);
    form.append(label, row);
    into.replaceChildren(title, list, typing, form);
    if (item.state === "closed") end();
    title.focus();

    function end() {
        form.hidden = true;
        typing.textContent = say.closed;
        changed();
    }
    function show(message) {
        if (shown.has(message.version)) return;
        const line = make("li", message.erased ? say.erased : message.text, message.author);
        shown.set(message.version, line);
        const next = [...shown.keys()].filter((version) => version > message.version);
        list.insertBefore(line, next.length ? shown.get(Math.min(...next)) : null);
        line.scrollIntoView({ block: "end" });
        if (message.author !== "visitor") return;
        showTyping(false);
        markRead(message.version);
    }
    function showTyping(on) {
        clearTimeout(typingShown);
        typing.textContent = on ? who + " " + say.types : "";
        if (on) typingShown = setTimeout(showTyping, typingShownMs, false);
    }
    function markRead(version) {
        if (version <= readUpTo || document.hidden) return;
        readUpTo = version;
        ask("PUT", conversations + "/" + item.id + "/read", { up_to_version: version })
            .then(changed, function () { readUpTo = 0; });
    }
    function take(event, at) {
        if (at !== undefined) position = at;
        if (event.type === "message") show(event);
        if (event.type === "typing" && event.author === "visitor") showTyping(true);
        if (event.type === "closed") end();
        if (event.type === "reopened") form.hidden = false;
        if (event.type === "read" && event.reader === "visitor") typing.textContent = say.read;
    }
    async function read() {
        let path = conversations + "/" + item.id + "/messages?limit=200";
        while (path) {
            const page = await ask("GET", path);
            page.items.forEach(show);
            position = page.position;
            path = page.next;
        }
    }
    form.addEventListener("submit", async function (event) {
        event.preventDefault();
        const text = box.value;
        if (!text.trim()) return;
        if (!unsent || unsent.text !== text) unsent = { text: text, key: newKey() };
        notice("");
        try {
            const sent = await ask("POST", conversations + "/" + item.id + "/messages",
                                   { text: text }, unsent.key);
            unsent = null;
            box.value = "";
            show({ version: sent.version, author: "expert", text: text });
        } catch (problem) {
            notice(problem);
        }
        box.focus();
    });
    box.addEventListener("keydown", function (event) {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        form.requestSubmit();
    });
    return {
        id: item.id, read: read, after: () => position, take: take,
        onTyping: function (told) {
            box.addEventListener("input", function () {
                if (Date.now() - typedAt < typingEveryMs) return;
                typedAt = Date.now();
                told();
            });
        },
    };
}

// The whole desk; `wanted` is a conversation to begin with. Gives what ends it.
async function showDesk(main, wanted) {
    const list = make("ul", "", "inbox");
    const side = make("section");
    const title = make("h2", say.inbox);
    title.tabIndex = -1;
    const presence = await presenceSwitch();
    side.append(title, presence, list);
    const place = make("section");
    place.append(make("p", say.choose, "quiet"));
    const desk = make("div", "", "desk");
    desk.append(side, place);
    main.replaceChildren(desk);
    title.focus();
    let live = null;
    let open = null;
    let ended = false;

    async function again() {
        const page = await ask("GET", "/api/v1/inbox?limit=50");
        list.replaceChildren();
        if (!page.items.length) list.append(make("li", say.nothing, "quiet"));
        for (const item of page.items) {
            const row = make("li");
            const entry = button(item.visitor_name || say.visitor, "", () => choose(item).catch(notice));
            const state = item.state === "closed" ? say.closed : item.unread ? item.unread + " " + say.unread : "";
            entry.append(make("small", state));
            if (open && open.id === item.id) entry.setAttribute("aria-current", "page");
            row.append(entry);
            list.append(row);
        }
        return page.items;
    }
    const refresh = () => again().catch(notice);

    function followAll() {
        if (live) live.stop();
        const topics = { inbox: { after: () => null, take: refresh, again: again },
                         presence: { after: () => null, take: presence.told, again: again } };
        if (open) topics["conversation:" + open.id] = { after: open.after, take: open.take, again: open.read };
        live = follow(topics);
    }
    async function choose(item) {
        open = showConversation(place, item, refresh);
        await open.read();
        if (ended) return;
        followAll();
        const chosen = open;
        open.onTyping(() => live.typing(chosen.id));
        refresh();
    }

    const known = (await again()).find((item) => item.id === wanted);
    if (wanted) await choose(known || await ask("GET", conversations + "/" + wanted));
    else followAll();
    return function () {
        ended = true;
        if (live) live.stop();
    };
}
