// The admin's side: members, invitations, widgets and what a website needs to show one. portal.js
// has `ask`, `make`, `notice`, `button`, `field` and `say`.
"use strict";

const companyRoles = ["admin", "expert", "officer", "auditor", "analyst"];
const members = "/api/v1/company/members";
const invitations = "/api/v1/company/invitations";
const widgets = "/api/v1/widgets";

function table(heads, rows) {
    const made = make("table");
    const head = make("tr");
    for (const text of heads) {
        const cell = make("th", text);
        cell.setAttribute("scope", "col");
        head.append(cell);
    }
    made.append(head);
    for (const row of rows) {
        const line = make("tr");
        for (const content of row) {
            const cell = make("td");
            cell.append(content);
            line.append(cell);
        }
        made.append(line);
    }
    return made;
}

const text = (value) => make("span", value);
const rolesText = (roles) => text(roles.map((role) => say[role]).join(", "));

// The boxes of all roles, and which of them are ticked.
function roleTicks(form, chosen) {
    const group = make("fieldset");
    group.append(make("legend", say.roles));
    const ticks = companyRoles.map((role) => [role, tick(group, say[role], chosen.includes(role))]);
    form.append(group);
    return () => ticks.filter(([, box]) => box.checked).map(([role]) => role);
}

// What several sections do: ask, then show the section anew.
function acting(show) {
    return function (method, path, body) {
        notice("");
        return ask(method, path, body).then((answer) => show(answer && answer.position), notice);
    };
}

// All items of a list, page by page; `position` is what it has to show.
async function askAll(list, position) {
    const items = [];
    let path = list + "?limit=200" + (position ? "&min_position=" + position : "");
    while (path) {
        const page = await ask("GET", path);
        items.push(...page.items);
        path = page.next;
    }
    return items;
}

async function showMembers(section, position) {
    const act = acting((now) => showMembers(section, now));
    const items = await askAll(members, position);
    const rows = items.map(function (member) {
        const path = members + "/" + member.account;
        const actions = make("div", "", "row");
        const lock = button(member.locked ? say.unlock : say.lock, "",
                            () => act("PUT", path + "/locked", { locked: !member.locked }));
        const roles = button(say.change, "", function () {
            const form = make("form");
            const chosen = roleTicks(form, member.roles);
            form.append(make("button", say.save, "main"));
            form.addEventListener("submit", function (event) {
                event.preventDefault();
                act("PUT", path + "/roles", { roles: chosen() });
            });
            roles.replaceWith(form);
        });
        actions.append(roles, lock, button(say.remove, "", function () {
            if (confirm((member.name || "") + ": " + say.sure)) act("DELETE", path);
        }));
        return [text(member.name || ""), text(member.email || ""), rolesText(member.roles),
            text(member.locked ? say.locked : ""), actions];
    });
    section.replaceChildren(make("h3", say.members),
                            table([say.name, say.email, say.roles, say.state, ""], rows));
}

function invitationForm(invited) {
    const form = make("form");
    const name = field(form, say.name, "text", true);
    const email = field(form, say.email, "email", true);
    const chosen = roleTicks(form, ["expert"]);
    const byMail = tick(form, say.byMail, true);
    form.append(make("button", say.invite, "main"));
    form.addEventListener("submit", function (event) {
        event.preventDefault();
        notice("");
        ask("POST", invitations, {
            name: name.value, email: email.value, by_mail: byMail.checked, locale: language(),
            roles: chosen(),
        }).then(invited, notice);
    });
    return form;
}

async function showInvitations(section, position, told) {
    const act = acting((now) => showInvitations(section, now));
    const items = await askAll(invitations, position);
    const rows = items.map(function (item) {
        const withdraw = item.state === "open"
            ? button(say.withdraw, "", () => act("DELETE", invitations + "/" + item.id)) : text("");
        return [text(item.name || ""), text(item.email || ""), rolesText(item.roles), text(say[item.state]),
            withdraw];
    });
    const form = invitationForm(function (sent) {
        const link = sent.token ? say.link + location.origin + "/#invitation=" + sent.token : say.sent;
        showInvitations(section, sent.position, link).catch(notice);
    });
    const outcome = make("p", told || "", "told");
    outcome.setAttribute("role", "status");
    section.replaceChildren(make("h3", say.invitations),
                            table([say.name, say.email, say.roles, say.state, ""], rows), outcome, form);
}

async function showWidgets(section, position) {
    const items = await askAll(widgets, position);
    const code = make("div");
    const rows = items.map(function (item) {
        const show = button(say.snippet, "", async function () {
            const path = widgets + "/" + item.id + "/snippet?locale=" + language();
            const answer = await ask("GET", path).catch(notice);
            if (!answer) return;
            const steps = make("ol");
            answer.instructions.forEach((step) => steps.append(make("li", step)));
            code.replaceChildren(make("pre", answer.snippet), steps);
        });
        return [text(item.name || ""), show];
    });
    const form = make("form");
    const name = field(form, say.name, "text", true);
    form.append(make("button", say.create, "main"));
    form.addEventListener("submit", function (event) {
        event.preventDefault();
        acting((now) => showWidgets(section, now))("POST", widgets, { name: name.value });
    });
    section.replaceChildren(make("h3", say.widgets), table([say.name, ""], rows), code, form);
}

async function showCompany(main, me) {
    const title = make("h2", me.company.name || say.company);
    title.tabIndex = -1;
    const sections = [make("section"), make("section"), make("section")];
    main.replaceChildren(title, ...sections);
    title.focus();
    await Promise.all([showMembers(sections[0]), showInvitations(sections[1]), showWidgets(sections[2])]);
    return function () {};
}
