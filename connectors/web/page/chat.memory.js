// What the page remembers: the session in this browser, the conversation in this tab only, so that it ends with the tab.
const MOST_LINES = 200;
const MOST_SENT = 50;
const SECRET = /^\D*(\d[ -]?){6}\D*$|\d[\d -]{13,}[\dXx]/g;

export class Memory {
  constructor(profile) {
    this.prefix = `renji.${profile}.`;
    this.log = this.#read(sessionStorage, "log", []);
    this.queue = this.#read(sessionStorage, "queue", []);
    this.sentIds = this.#read(sessionStorage, "sent", []);
    this.position = this.#read(sessionStorage, "position", "");
  }

  get session() { return this.#read(localStorage, "session", null); }
  set session(token) { this.#write(localStorage, "session", token); }
  get language() { return this.#read(localStorage, "language", ""); }
  set language(language) { this.#write(localStorage, "language", language); }
  get large() { return this.#read(localStorage, "large", false); }
  set large(on) { this.#write(localStorage, "large", on); }

  get withAgent() { return Boolean(this.log.findLast((entry) => entry.role === "ai")?.who); }

  has(id) { return this.log.some((entry) => entry.id === id); }

  // Codes and card numbers are shown while the page is open and not kept: six digits alone, or fifteen and more.
  add(entry, position) {
    const kept = entry.role === "user" ? { ...entry, text: entry.text.replace(SECRET, "••••••") } : entry;
    this.log = [...this.log, kept].slice(-MOST_LINES);
    this.#write(sessionStorage, "log", this.log);
    if (position) {
      this.position = position;
      this.#write(sessionStorage, "position", position);
    }
  }

  // A message's id is kept before it is sent: whoever is cut off while logging in proves by it who sent the code.
  enqueue(message) {
    this.queue.push(message);
    this.sentIds = [...this.sentIds, message.client_id].slice(-MOST_SENT);
    this.#write(sessionStorage, "queue", this.queue);
    this.#write(sessionStorage, "sent", this.sentIds);
  }

  sent(client_id) {
    this.queue = this.queue.filter((message) => message.client_id !== client_id);
    this.#write(sessionStorage, "queue", this.queue);
  }

  drop() {
    this.queue.shift();
    this.#write(sessionStorage, "queue", this.queue);
  }

  forget() {
    this.log = [];
    this.queue = [];
    this.sentIds = [];
    this.position = "";
    for (const name of ["log", "queue", "sent", "position"]) sessionStorage.removeItem(this.prefix + name);
    localStorage.removeItem(`${this.prefix}session`);
  }

  #read(store, name, otherwise) {
    try {
      return JSON.parse(store.getItem(this.prefix + name)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  #write(store, name, value) {
    try {
      store.setItem(this.prefix + name, JSON.stringify(value));
    } catch {
      // A full or forbidden store costs the memory of a reload, not the conversation.
    }
  }
}
