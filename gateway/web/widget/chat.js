// A conversation with one expert, in the widget's frame: what was said, what comes, and what the
// visitor says. Loaded before frame.js, which has `ask`, `field`, `make`, `notice`, `say` and `token`.
"use strict";

const conversations = "/api/v1/conversations";
const retryFirstMs = 1000;
const retryLastMs = 30000;
const typingEveryMs = 2000;
const typingShownMs = 4000;
// So often a socket may fail before it was greeted; then the frame follows an event stream.
const socketsTried = 2;

// Names a message, so that it is stored once however often it is sent.
function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Follows one conversation until it is stopped: by a socket, or by an event stream where there can
// be none. `take` gets each frame; `from` says where it stands, and `again` reads the page anew.
function follow(topic, from, take, again) {
    let socket = null;
    let stream = null;
    let failed = 0;
    let waitMs = retryFirstMs;
    let stopped = false;

    function later() {
        if (stopped) return;
        setTimeout(connect, waitMs);
        waitMs = Math.min(2 * waitMs, retryLastMs);
    }
    function taken(frame) {
        if (frame.op === "gap") {
            again().then(connect, later);
        } else {
            waitMs = retryFirstMs;
            take(frame);
        }
    }

    async function bySocket() {
        const ticket = (await ask("POST", "/api/v1/tickets")).ticket;
        let greeted = false;
        const scheme = location.protocol === "https:" ? "wss://" : "ws://";
        const made = new WebSocket(scheme + location.host + "/api/v1/live");
        made.addEventListener("open", function () {
            made.send(JSON.stringify({ op: "hello", ticket: ticket }));
        });
        made.addEventListener("message", function (event) {
            const frame = JSON.parse(event.data);
            if (frame.op === "welcome") {
                greeted = true;
                failed = 0;
                socket = made;
                made.send(JSON.stringify({ op: "subscribe", topic: topic, after: from() }));
            } else {
                if (frame.op === "gap") made.close();
                taken(frame);
            }
        });
        made.addEventListener("close", function () {
            if (!greeted) ++failed;
            socket = null;
            later();
        });
    }

    // A credential may not stand in a URL, so this is no EventSource.
    async function byStream() {
        stream = new AbortController();
        const answer = await fetch(
            "/api/v1/live/events?topics=" + topic + "&after=" + from(),
            { headers: { Authorization: "Bearer " + token }, credentials: "omit",
              signal: stream.signal });
        if (!answer.ok) throw await answer.json();
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        for (;;) {
            const piece = await reader.read();
            if (piece.done) break;
            text += piece.value;
            const lines = text.split("\n");
            text = lines.pop();
            for (const line of lines) {
                if (line.startsWith("data: ")) taken(JSON.parse(line.slice(6)));
            }
        }
        later();
    }

    function connect() {
        if (stopped || socket) return;
        const way = typeof WebSocket === "function" && failed < socketsTried ? bySocket : byStream;
        way().catch(later);
    }

    connect();
    return {
        typing: function (id) {
            if (socket) socket.send(JSON.stringify({ op: "typing", conversation: id }));
            else ask("PUT", conversations + "/" + id + "/typing").catch(function () {});
        },
        stop: function () {
            stopped = true;
            if (socket) socket.close();
            if (stream) stream.abort();
        },
    };
}

// What is left for an expert who is not there is answered by mail: a field for the address, at the
// head of the form, as far as the widget asks for one and none is known. Gives what sends it, to be
// called before each message; it throws where there has to be one and is not.
async function addressField(config, form) {
    if (config.ask_email === "not" || isCustomer(token)) return noAddress;
    const known = await ask("GET", "/api/v1/visitor");
    if (known.email || (known.verified && known.verified.email)) return noAddress;
    const place = make("div");
    const input = field(place, say.answerTo, "email", config.ask_email === "required");
    input.autocomplete = "email";
    form.prepend(place);
    let wanted = input.required;
    return async function () {
        const email = input.value.trim();
        if (!email && wanted) throw { detail: say.addressWanted };
        if (!email) return;
        const said = { email: email };
        if (known.name) said.name = known.name;
        await ask("PUT", "/api/v1/visitor/identity", said);
        remember(token);
        wanted = false;
        input.value = "";
        place.remove();
    };
}
const noAddress = async function () {};

// Shows the conversation with the expert in `main`; `back` leaves it.
async function showChat(main, config, expert, back) {
    let id = null;
    let position = null;
    let readUpTo = 0;
    let live = null;
    let typedAt = 0;
    let typingShown = null;
    const shown = new Map(); // version -> what shows it: nothing is shown twice

    const leave = make("button", say.back, "back");
    leave.type = "button";
    const list = make("ol", "", "messages");
    const typing = make("p", "", "typing");
    const form = make("form", "", "write");
    const box = make("textarea");
    box.rows = 2;
    box.setAttribute("aria-label", say.message);
    form.append(box, make("button", say.send, "main"));
    const heading = make("h2", expert.name, "with");
    heading.tabIndex = -1;
    main.replaceChildren(leave, heading, list, typing);
    if (expert.channels.chat) main.appendChild(form);
    else main.insertBefore(make("p", say.noMessages, "offline"), list);
    if (expert.channels.chat && !expert.available) main.insertBefore(
        make("p", config.branding.offline_text || say.leave, "offline"), list);
    heading.focus();

    // Messages stand in the order of their versions, whichever way they came.
    function show(item) {
        if (shown.has(item.version)) return;
        const row = make("li", item.erased ? say.erased : item.text, item.author);
        shown.set(item.version, row);
        const next = [...shown.keys()].filter((version) => version > item.version);
        list.insertBefore(row, next.length ? shown.get(Math.min(...next)) : null);
        row.scrollIntoView({ block: "end" });
        if (item.author === "expert") showTyping(false);
    }

    function showTyping(on) {
        clearTimeout(typingShown);
        typing.textContent = on ? expert.name + " " + say.types : "";
        if (on) typingShown = setTimeout(showTyping, typingShownMs, false);
    }

    function markRead(item) {
        if (item.author !== "expert" || item.version <= readUpTo || document.hidden) return;
        readUpTo = item.version;
        ask("PUT", conversations + "/" + id + "/read", { up_to_version: readUpTo })
            .catch(function () { readUpTo = 0; });
    }

    function take(frame) {
        if (frame.position !== undefined) position = frame.position;
        const event = frame.event;
        if (!event) return;
        if (event.type === "message") {
            show(event);
            markRead(event);
        }
        if (event.type === "typing" && event.author === "expert") showTyping(true);
    }

    async function read() {
        let path = conversations + "/" + id + "/messages?limit=200";
        while (path) {
            const page = await ask("GET", path);
            page.items.forEach(show);
            if (page.items.length) markRead(page.items[page.items.length - 1]);
            position = page.position;
            path = page.next;
        }
    }

    async function open(conversation) {
        id = conversation;
        await read();
        if (!live) live = follow("conversation:" + id, () => position, take, read);
    }

    // The first message opens the conversation, or goes on with the one there is.
    async function send(text, key) {
        const first = id === null;
        const sent = await ask("POST", first ? conversations : conversations + "/" + id + "/messages",
                               first ? { expert: expert.id, text: text } : { text: text }, key);
        remember(token);
        show({ version: sent.version, author: "visitor", text: text });
        if (first) await open(sent.id);
    }

    let sendAddress = noAddress;
    let unsent = null; // what has no answer yet is sent again under its own name
    form.addEventListener("submit", async function (event) {
        event.preventDefault();
        const text = box.value;
        if (!text.trim()) return;
        if (!unsent || unsent.text !== text) unsent = { text: text, key: newKey() };
        notice("");
        form.lastChild.disabled = true;
        try {
            await sendAddress();
            await send(text, unsent.key);
            unsent = null;
            box.value = "";
        } catch (problem) {
            notice(problem);
        }
        form.lastChild.disabled = false;
        box.focus();
    });
    box.addEventListener("input", function () {
        if (!live || Date.now() - typedAt < typingEveryMs) return;
        typedAt = Date.now();
        live.typing(id);
    });
    box.addEventListener("keydown", function (event) {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        form.requestSubmit();
    });
    leave.addEventListener("click", function () {
        if (live) live.stop();
        back();
    });

    if (expert.channels.chat && !expert.available) sendAddress = await addressField(config, form);
    const own = await ask("GET", conversations + "?limit=200");
    const before = own.items.find((item) => item.expert === expert.id && item.state === "open");
    if (before && id === null) await open(before.id);
    // What comes from here on is read out.
    list.setAttribute("role", "log");
    list.setAttribute("aria-live", "polite");
    list.setAttribute("aria-label", expert.name);
}
