// The way to an expert: those whom the widget shows, a page at a time, narrowed by what the company
// lets visitors search by; the server searches. Loaded before frame.js, which has `ask`, `begin`,
// `main`, `make`, `notice`, `plainButton`, `say` and `token`.
"use strict";

const expertsAtOnce = 20;
// A criterion of the widget, and what holds its values among all of them.
const criteria = [["language", "languages"], ["expertise", "expertise"], ["location", "locations"]];
// What the visitor chose; it is still so on the way back from a conversation.
const chosen = { language: "", expertise: "", location: "", available: false };

// A language by its name where the company wrote its code.
function shownValue(criterion, value, locale) {
    if (criterion !== "language" || !/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/.test(value)) return value;
    try {
        return new Intl.DisplayNames([locale], { type: "language" }).of(value) || value;
    } catch (unknown) {
        return value;
    }
}

function expertsPath(config) {
    const parts = ["limit=" + expertsAtOnce];
    for (const criterion of config.search) {
        if (chosen[criterion]) parts.push(criterion + "=" + encodeURIComponent(chosen[criterion]));
    }
    if (config.search.length && chosen.available) parts.push("available=true");
    return "/api/v1/experts?" + parts.join("&");
}

// One field for each criterion that the widget offers and some expert has; and who is there now.
function searchForm(config, values, changed) {
    const form = make("form", "", "search");
    form.setAttribute("role", "search");
    form.setAttribute("aria-label", say.search);
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const [criterion, plural] of criteria) {
        if (!config.search.includes(criterion) || values[plural].length === 0) continue;
        const label = make("label", say[criterion]);
        const select = make("select");
        for (const value of ["", ...values[plural]]) {
            const text = value ? shownValue(criterion, value, config.locale) : say.any;
            const option = make("option", text);
            option.value = value;
            select.appendChild(option);
        }
        select.value = chosen[criterion];
        select.addEventListener("change", function () {
            chosen[criterion] = select.value;
            changed();
        });
        label.appendChild(select);
        form.appendChild(label);
    }
    const only = make("label", say.onlyAvailable, "check");
    const box = make("input");
    box.type = "checkbox";
    box.checked = chosen.available;
    box.addEventListener("change", function () {
        chosen.available = box.checked;
        changed();
    });
    only.appendChild(box);
    form.appendChild(only);
    return form;
}

// The experts whom the visitor talks to already.
async function expertsSpokenTo() {
    const own = await ask("GET", "/api/v1/conversations?limit=200");
    return own.items.filter((item) => item.state === "open").map((item) => item.expert);
}

// An expert who takes no messages is shown, and can be pressed only to read what was said before.
function expertRow(expert, locale, spokenTo, pressed) {
    const row = make("li");
    const open = expert.channels.chat;
    const usable = open || spokenTo.includes(expert.id);
    const face = make(usable ? "button" : "div", "", open ? "expert" : "expert closed");
    if (expert.photo) {
        const photo = make("img");
        photo.src = expert.photo;
        photo.alt = "";
        photo.loading = "lazy";
        face.appendChild(photo);
    }
    face.appendChild(make("strong", expert.name));
    const tags = criteria.flatMap(([criterion, plural]) =>
        expert[plural].map((value) => shownValue(criterion, value, locale)));
    const ways = Object.keys(say.ways).filter((way) => expert.channels[way]);
    for (const line of [expert.title, tags.join(", "), expert.available ? say.online : "",
                        ways.map((way) => say.ways[way]).join(", "), open ? "" : say.noMessages]) {
        if (line) face.appendChild(make("small", line));
    }
    if (usable) {
        face.type = "button";
        face.addEventListener("click", function () {
            notice("");
            pressed(expert);
        });
    }
    row.appendChild(face);
    return row;
}

// Shows who can be asked. Of two answers under way the one asked for last counts.
async function showExperts(config) {
    const list = make("ul", "", "experts");
    const found = make("p", "", "found");
    found.setAttribute("role", "status");
    found.setAttribute("aria-live", "polite");
    const more = plainButton(say.more, () => load(next).catch(notice));
    let next = null;
    let turn = 0;

    function talk(expert) {
        showChat(main, config, expert, () => showExperts(config).catch(notice)).catch(notice);
    }
    function foundText() {
        if (list.children.length > 0) return say.found(list.children.length, next !== null);
        const searched = chosen.available || config.search.some((criterion) => chosen[criterion]);
        return searched ? say.noMatch : config.branding.offline_text || say.nobody;
    }
    async function load(path) {
        const own = ++turn;
        const page = await ask("GET", path);
        const experts = page.items.filter((expert) => !expert.erased);
        const allOpen = experts.every((expert) => expert.channels.chat);
        const spokenTo = allOpen ? [] : await expertsSpokenTo();
        if (own !== turn) return;
        const rows = experts.map((expert) => expertRow(expert, config.locale, spokenTo, talk));
        if (path === next) list.append(...rows);
        else list.replaceChildren(...rows);
        const added = path === next && rows.length > 0;
        next = page.next || null;
        if (next) main.appendChild(more);
        else more.remove();
        found.textContent = foundText();
        if (added) rows[0].firstChild.focus();
    }

    const values = config.search.length ? await ask("GET", "/api/v1/search-criteria") : {};
    main.replaceChildren();
    if (isCustomer(token)) main.appendChild(logOutButton(() => begin(config.bootstrap).catch(notice)));
    main.appendChild(make("h2", say.choose));
    if (config.search.length) {
        main.appendChild(searchForm(config, values, () => load(expertsPath(config)).catch(notice)));
    }
    main.append(found, list);
    await load(expertsPath(config));
}
