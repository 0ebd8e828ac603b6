// As much of a browser's document as the pages' own scripts need to run in Node.
"use strict";

class Element {
    constructor(tag) {
        Object.assign(this, { tag: tag, children: [], text: "", value: "", className: "" });
        this.listeners = {};
        this.parent = null;
        this.style = { setProperty: function () {} };
    }
    get textContent() {
        return this.text + this.children.map((child) => child.textContent).join("");
    }
    set textContent(text) {
        this.text = text;
        this.children = [];
    }
    get firstChild() { return this.children[0]; }
    get lastChild() { return this.children[this.children.length - 1]; }
    insertBefore(child, before) {
        child.remove();
        const at = before ? this.children.indexOf(before) : this.children.length;
        if (at < 0) throw new Error("no such child");
        this.children.splice(at, 0, child);
        child.parent = this;
    }
    remove() {
        if (this.parent) this.parent.children.splice(this.parent.children.indexOf(this), 1);
        this.parent = null;
    }
    replaceWith(other) {
        this.parent.insertBefore(other, this);
        this.remove();
    }
    prepend(child) { this.insertBefore(child, this.firstChild || null); }
    appendChild(child) { this.insertBefore(child, null); }
    append(...children) { children.forEach((child) => this.appendChild(child)); }
    replaceChildren(...children) {
        this.children = [];
        this.append(...children);
    }
    addEventListener(type, heard) { (this.listeners[type] ||= []).push(heard); }
    dispatch(type, event) {
        const whole = Object.assign({ preventDefault: function () {} }, event);
        (this.listeners[type] || []).forEach((heard) => heard(whole));
    }
    requestSubmit() { this.dispatch("submit"); }
    setAttribute(name, value) { this[name] = value; }
    removeAttribute(name) { delete this[name]; }
    scrollIntoView() {}
    focus() {}
    find(fits) {
        if (fits(this)) return this;
        for (const child of this.children) {
            const found = child.find(fits);
            if (found) return found;
        }
        return null;
    }
}

module.exports = { Element };
