// What a site includes: shows the button, and once somebody presses it, the widget in a frame.
// Before that it loads the button's look and nothing else, and sets nothing in the browser.
(function () {
    "use strict";

    const script = document.currentScript;
    const key = script ? script.getAttribute("data-parlour-key") : null;
    if (!key) {
        console.error("Parlour: the script element lacks data-parlour-key.");
        return;
    }
    const base = new URL(script.src).origin;
    const api = base + "/api/v1/widget/" + encodeURIComponent(key);
    const words = {
        de: { open: "Beratung", close: "Schließen" },
        en: { open: "Ask us", close: "Close" },
    };

    // A refusal is a problem document: its detail says what to do.
    function explain(problem) {
        const said = problem && problem.detail ? problem.detail + " (" + problem.code + ")" : problem;
        console.error("Parlour: " + said);
    }

    // Who the site knows this visitor to be: a JWT of the site's server, or a function that gets one.
    // Looked for when the widget opens, so that it may be fresh then.
    async function knownAs() {
        const given = (window.parlourSettings || {}).identity;
        return typeof given === "function" ? given() : given;
    }

    // No custom header and a plain body, so that the browser asks at once.
    async function ask(path, options) {
        const answer = await fetch(api + path, Object.assign({ credentials: "omit" }, options));
        const body = await answer.json();
        if (!answer.ok) throw body;
        return body;
    }

    function place(element, look, bottom) {
        const style = element.style;
        style.position = "fixed";
        style.bottom = bottom;
        style[look.placement === "bottom-left" ? "left" : "right"] = "20px";
        style.zIndex = "2147483000";
    }

    function openFrame(look, bootstrap, onClose) {
        const frame = document.createElement("iframe");
        frame.src = base + "/widget/" + encodeURIComponent(key) + "/frame";
        frame.title = look.label || words[look.locale].open;
        place(frame, look, "90px");
        frame.style.width = "min(380px, calc(100vw - 40px))";
        frame.style.height = "min(600px, calc(100vh - 120px))";
        frame.style.border = "0";
        frame.style.borderRadius = "12px";
        frame.style.boxShadow = "0 8px 40px rgba(0, 0, 0, 0.3)";
        window.addEventListener("message", function (event) {
            if (event.origin !== base || event.source !== frame.contentWindow) return;
            if (event.data.parlour === "hello") {
                frame.contentWindow.postMessage(bootstrap, base);
            } else if (event.data.parlour === "close") {
                onClose();
            }
        });
        document.body.appendChild(frame);
        return frame;
    }

    function showButton(look) {
        const button = document.createElement("button");
        let frame = null;
        button.type = "button";
        button.textContent = look.label || words[look.locale].open;
        place(button, look, "20px");
        button.style.background = look.colour;
        button.style.color = look.text_colour;
        button.style.font = "600 16px/1.2 system-ui, sans-serif";
        button.style.padding = "14px 20px";
        button.style.border = "0";
        button.style.borderRadius = "28px";
        button.style.cursor = "pointer";
        button.setAttribute("aria-expanded", "false");

        function show(open) {
            frame.style.display = open ? "block" : "none";
            button.setAttribute("aria-expanded", String(open));
            button.textContent = open ? words[look.locale].close
                                      : look.label || words[look.locale].open;
        }

        button.addEventListener("click", async function () {
            if (frame) {
                show(frame.style.display === "none");
                return;
            }
            button.disabled = true;
            try {
                const session = await ask("/sessions", {
                    method: "POST",
                    body: JSON.stringify({ for_frame: true }),
                });
                const bootstrap = { parlour: "bootstrap", nonce: session.nonce };
                const identity = await knownAs();
                if (identity) bootstrap.identity = String(identity);
                frame = openFrame(look, bootstrap, function () { show(false); });
                show(true);
            } catch (problem) {
                explain(problem);
            }
            button.disabled = false;
        });
        document.body.appendChild(button);
    }

    async function start() {
        try {
            showButton(await ask("/button", {}));
        } catch (problem) {
            explain(problem);
        }
    }

    if (document.body) {
        start();
    } else {
        document.addEventListener("DOMContentLoaded", start);
    }
})();
