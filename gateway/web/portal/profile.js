// What an expert shows of itself: words, what it is found by, photo and card. portal.js has `ask`,
// `button`, `field`, `make`, `notice` and `say`.
"use strict";

const tagKinds = { languages: "language", expertise: "expertise", locations: "location" }; // as a path has them
const profileFields = ["title", "description", "availability"];

const wordsOf = (text) => text.split(",").map((word) => word.trim()).filter((word) => word);

// What gives and takes tags until the expert has just those.
function tagSteps(path, kind, had, wanted) {
    const one = (tag) => path + "/tags/" + tagKinds[kind] + "/" + encodeURIComponent(tag);
    return [...had.filter((tag) => !wanted.includes(tag)).map((tag) => ["DELETE", one(tag)]),
        ...wanted.filter((tag) => !had.includes(tag)).map((tag) => ["PUT", one(tag)])];
}

function wordsForm(path, expert, shown) {
    const form = make("form");
    const inputs = profileFields.map(function (name) {
        if (name !== "description") return [name, field(form, say[name], "text", false)];
        const label = make("label", say[name]);
        const box = make("textarea");
        box.rows = 5;
        label.append(box);
        form.append(label);
        return [name, box];
    });
    for (const [name, input] of inputs) input.value = expert[name] || "";
    const tags = Object.keys(tagKinds).map((kind) => [kind, field(form, say[kind] + " " + say.byComma, "text", false)]);
    for (const [kind, input] of tags) input.value = expert[kind].join(", ");
    form.append(make("button", say.save, "main"));
    form.addEventListener("submit", async function (event) {
        event.preventDefault();
        notice("");
        try {
            const words = Object.fromEntries(inputs.map(([name, input]) => [name, input.value]));
            let done = await ask("PUT", path + "/profile", words);
            for (const [kind, input] of tags) {
                const steps = tagSteps(path, kind, expert[kind], wordsOf(input.value));
                for (const [method, one] of steps) done = await ask(method, one);
            }
            shown(done);
        } catch (problem) {
            notice(problem);
        }
    });
    return form;
}

function photoForm(path, expert, shown) {
    const form = make("div");
    if (expert.photo) {
        const photo = make("img", "", "photo");
        photo.src = expert.photo + "?" + expert.version; // another picture has another address
        photo.alt = say.photo;
        form.append(photo);
    }
    const file = field(form, say.photo + " (JPEG, PNG)", "file", false);
    file.accept = "image/jpeg,image/png";
    const send = (method, body, type) =>
        ask(method, path + "/photo", body, null, type).then(shown, notice);
    file.addEventListener("change", () => file.files.length && send("PUT", file.files[0], file.files[0].type));
    if (expert.photo) form.append(button(say.removePhoto, "", () => send("DELETE")));
    return form;
}

function cardForm(path, card, shown) {
    const form = make("form");
    const slug = field(form, say.cardName, "text", true);
    slug.value = card ? card.slug : "";
    if (card && card.published) form.append(make("p", card.url, "quiet"));
    const row = make("div", "", "row");
    row.append(make("button", say.publish, "main"));
    const act = (method, body) => ask(method, path + "/card", body).then(shown, notice);
    if (card && card.published) row.append(button(say.unpublish, "", () => act("DELETE")));
    form.append(row);
    form.addEventListener("submit", function (event) {
        event.preventDefault();
        notice("");
        act("PUT", { slug: slug.value });
    });
    return form;
}

async function showProfile(main, me) {
    const path = "/api/v1/experts/" + me.expert;
    async function show(done) {
        notice("");
        const asOf = done ? "?min_position=" + done.position : "";
        const expert = await ask("GET", path + asOf);
        // There is none until the first is published.
        const card = await ask("GET", path + "/card" + asOf).catch(() => null);
        const title = make("h2", say.profile);
        title.tabIndex = -1;
        const outcome = make("p", done ? say.saved : "", "told");
        outcome.setAttribute("role", "status");
        const shown = (done) => show(done).catch(notice);
        main.replaceChildren(title, outcome, wordsForm(path, expert, shown), make("h3", say.photo),
                             photoForm(path, expert, shown), make("h3", say.card), cardForm(path, card, shown));
        title.focus();
    }
    await show();
    return function () {};
}
