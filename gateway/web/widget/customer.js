// A company's customers, inside the frame: who has an account logs in and finds the same
// conversations in every browser. frame.js has `ask`, `field`, `key`, `main`, `make`, `notice`,
// `plainButton`, `remember`, `say` and `token`.
"use strict";

const isCustomer = (text) => typeof text === "string" && text.includes("-cst-");

// The token that the browser kept, while its session lasts.
async function customerAgain(kept) {
    const before = token;
    token = kept;
    try {
        await ask("GET", "/api/v1/customer");
    } catch (refused) {
        token = before;
        if (!refused || refused.status !== 401) throw refused;
        remember(before);
    }
}

// A form with a way back; `send` gets what was put in.
function customerForm(hint, inputs, action, send, others) {
    const form = make("form");
    form.append(make("p", hint));
    const fields = inputs.map(([name, type]) => [name, field(form, say[name], type, true)]);
    form.append(make("button", say[action], "main"));
    for (const [label, pressed] of others) form.append(plainButton(label, pressed));
    form.addEventListener("submit", function (event) {
        event.preventDefault();
        notice("");
        send(Object.fromEntries(fields.map(([name, input]) => [name, input.value]))).catch(notice);
    });
    main.replaceChildren(form);
}

// Shown until somebody has logged in (true) or went back (false).
function askCustomer(config) {
    const post = (what, body) =>
        ask("POST", "/api/v1/customers/" + what, Object.assign({ widget: key }, body));
    return new Promise(function (resolve) {
        const back = [say.back, () => resolve(false)];
        function logIn(hint) {
            customerForm(hint, [["email", "email"], ["password", "password"]], "logIn", async function (given) {
                const session = await post("sessions", given);
                token = session.token;
                remember(token);
                resolve(true);
            }, [[say.register, register], [say.forgotten, reset], back]);
        }
        function register() {
            customerForm("", [["name", "text"], ["email", "email"], ["newPassword", "password"]], "register",
                async function (given) {
                    await post("registrations", { name: given.name, email: given.email,
                                                  password: given.newPassword, locale: config.locale });
                    logIn(say.registered);
                }, [back]);
        }
        function reset() {
            customerForm("", [["email", "email"]], "sendLink", async function (given) {
                await post("password-resets", given);
                logIn(say.linkSent);
            }, [back]);
        }
        logIn("");
    });
}

// What ends the session here; then the frame begins anew.
function logOutButton(again) {
    return plainButton(say.logOut, async function () {
        try {
            await ask("DELETE", "/api/v1/customer/sessions/current");
            remember("");
            again();
        } catch (refused) {
            notice(refused);
        }
    });
}
