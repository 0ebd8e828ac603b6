// Follows topics over the live socket, or over an event stream where there can be no socket.
// portal.js has `ask`.
"use strict";

const retryFirstMs = 1000;
const retryLastMs = 30000;
const socketsTried = 2;

// `topics` maps each name to { after(), take(frame), again() }; `stop` ends it.
function follow(topics) {
    const names = Object.keys(topics);
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
        const topic = topics[frame.topic];
        if (!topic) return;
        waitMs = retryFirstMs;
        if (frame.op === "gap") topic.again().then(() => subscribe(frame.topic), later);
        else if (frame.event) topic.take(frame.event, frame.position);
    }
    function subscribe(name) {
        const after = topics[name].after();
        if (!socket) return;
        socket.send(JSON.stringify(after ? { op: "subscribe", topic: name, after: after }
            : { op: "subscribe", topic: name }));
    }
    async function bySocket() {
        const ticket = (await ask("POST", "/api/v1/tickets")).ticket;
        let greeted = false;
        const scheme = location.protocol === "https:" ? "wss://" : "ws://";
        const made = new WebSocket(scheme + location.host + "/api/v1/live");
        made.addEventListener("open", () => made.send(JSON.stringify({ op: "hello", ticket: ticket })));
        made.addEventListener("message", function (event) {
            const frame = JSON.parse(event.data);
            if (frame.op !== "welcome") return taken(frame);
            greeted = true;
            failed = 0;
            socket = made;
            if (stopped) made.close();
            else names.forEach(subscribe);
        });
        made.addEventListener("close", function () {
            if (!greeted) ++failed;
            socket = null;
            later();
        });
    }
    async function byStream() {
        const after = names.map((name) => topics[name].after() || "-").join(",");
        stream = new EventSource("/api/v1/live/events?topics=" + names.join(",") + "&after=" + after);
        stream.addEventListener("message", (event) => taken(JSON.parse(event.data)));
    }
    function connect() {
        if (stopped || socket || stream) return;
        const way = typeof WebSocket === "function" && failed < socketsTried ? bySocket : byStream;
        way().catch(later);
    }
    connect();
    return {
        typing: function (conversation) {
            if (socket) socket.send(JSON.stringify({ op: "typing", conversation: conversation }));
            else ask("PUT", "/api/v1/conversations/" + conversation + "/typing").catch(() => {});
        },
        stop: function () {
            stopped = true;
            if (socket) socket.close();
            if (stream) stream.close();
        },
    };
}
