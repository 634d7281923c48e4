// The web chat: deep-chat draws, socket.io carries, and this file keeps what must survive a lost connection or a reload.
import { io } from "/static/vendor/socket.io.js";
import { drawing } from "/static/chat/chat.drawing.js";
import { Memory } from "/static/chat/chat.memory.js";
import { words } from "/static/chat/chat.words.js";

const LATE_MS = 12000;
const ANSWER_MS = 8000;
const AGAIN_MS = 1500;
const address = new URLSearchParams(location.search);
const memory = new Memory((address.get("profile") || "me").replace(/[^0-9A-Za-z+_-]/g, ""));
const byId = (id) => document.getElementById(id);

let language = address.get("lang") || memory.language || (navigator.language.startsWith("zh") ? "zh" : "en");
if (!words[language]) language = "zh";
let ready = false;
let sending = false;
let late = 0;

const chat = await drawing(byId("chat"), { said: (text) => say(text), picked: (label, token) => say(label, token) });
const socket = io({ transports: ["websocket"], reconnectionDelay: 400, reconnectionDelayMax: 4000, autoConnect: false });

// --- what the person does ---------------------------------------------------------------------------------------------

function say(text, token) {
  const message = text.trim();
  if (!message) return;
  memory.add({ role: "user", text: message });
  memory.enqueue({ client_id: crypto.randomUUID(), message, token });
  if (token) chat.user(message);
  chat.clearChoices();
  hear(words[language].said, message);
  flush();
}

async function flush() {
  if (!ready || sending || !memory.queue.length) return;
  sending = true;
  const { client_id, message, token } = memory.queue[0];
  const answer = await ask("user_uttered", { message, session_id: memory.session, customData: { client_id, token } });
  sending = false;
  if (answer?.stored) {
    memory.sent(client_id);
    // A person's answer takes as long as it takes.
    typing(!memory.withAgent);
  } else if (!answer || answer.again) {
    setTimeout(flush, AGAIN_MS);
    return;
  } else if (answer.error === "session") {
    ready = false;
    begin();
    return;
  } else {
    memory.drop();
    notice("failed");
  }
  flush();
}

function ask(event, body) {
  return new Promise((resolve) => {
    if (!socket.connected) return resolve(null);
    // Without this the answer to a message that was cut off would be waited for until the time is over.
    const lost = () => resolve(null);
    socket.once("disconnect", lost);
    socket.timeout(ANSWER_MS).emit(event, body, (error, answer) => {
      socket.off("disconnect", lost);
      resolve(error ? null : answer);
    });
  });
}

// --- what the server says ---------------------------------------------------------------------------------------------

function begin() {
  const known = { session_id: memory.session, position: memory.position, sent: memory.sentIds, language };
  socket.emit("session_request", memory.session ? known : { position: "", language });
}

socket.on("connect", begin);
socket.on("disconnect", () => {
  ready = false;
  typing(false);
  show();
});
socket.on("connect_error", show);
socket.on("session_refused", () => {
  notice("refused");
  setTimeout(begin, 5000);
});
socket.on("session_confirm", (token) => {
  const another = memory.session && memory.session.split(".")[0] !== token.split(".")[0];
  if (another) {
    memory.forget();
    chat.clear();
    notice("renewed");
  }
  memory.session = token;
  ready = true;
  show();
  flush();
});
socket.on("bot_uttered", (message) => {
  const ours = message.renji;
  if (memory.has(ours.id)) return;
  const who = ours.origin === "agent" ? words[language].agent : "";
  const choices = (message.quick_replies || []).map((choice) => ({ label: choice.title, token: choice.token }));
  const entry = { role: "ai", id: ours.id, text: ours.text, link: ours.link, who, choices };
  memory.add(entry, ours.position);
  typing(false);
  chat.clearChoices();
  chat.ai(entry, words[language]);
  hear(words[language].heard, `${ours.text} ${choices.map((choice) => choice.label).join("，")}`);
});

// --- what the page shows ----------------------------------------------------------------------------------------------

function show() {
  const said = words[language];
  document.documentElement.lang = said.lang;
  document.title = said.page;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = said[element.dataset.word];
  byId("state").textContent = ready ? said.online : said.connecting;
  byId("dot").classList.toggle("on", ready);
  if (!ready && memory.session) notice("offline");
  else if (byId("notice").dataset.word === "offline") notice("");
  label("size", `A+ ${said.large}`);
  label("language", `${said.other} · ${said.otherTitle}`);
  label("end", said.end);
  byId("language").textContent = said.other;
  byId("language").lang = language === "zh" ? "en" : "zh-CN";
  chat.translate(said);
}

function label(id, text) {
  byId(id).setAttribute("aria-label", text);
  byId(id).title = text;
}

function notice(word) {
  const element = byId("notice");
  element.dataset.word = word;
  element.hidden = !word;
  element.textContent = word ? words[language][word] : "";
  if (word && word !== "offline") setTimeout(() => element.dataset.word === word && notice(""), 6000);
}

function typing(on) {
  clearTimeout(late);
  byId("typing").hidden = !on;
  if (on) late = setTimeout(() => { typing(false); notice("late"); }, LATE_MS);
}

function hear(who, text) {
  const line = document.createElement("p");
  line.textContent = `${who} ${text}`;
  byId("heard").append(line);
  while (byId("heard").childElementCount > 20) byId("heard").firstChild.remove();
}

function enlarge(on) {
  memory.large = on;
  document.body.classList.toggle("large", on);
  byId("size").setAttribute("aria-pressed", String(on));
}

byId("size").addEventListener("click", () => enlarge(!memory.large));
byId("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  memory.language = language;
  show();
});
byId("end").addEventListener("click", () => {
  memory.forget();
  chat.clear();
  byId("heard").replaceChildren();
  ready = false;
  show();
  notice("ended");
  begin();
});

document.body.classList.toggle("framed", window.parent !== window);
enlarge(memory.large);
show();
for (const [index, entry] of memory.log.entries()) {
  const last = index === memory.log.length - 1;
  if (entry.role === "user") chat.user(entry.text);
  else chat.ai(last ? entry : { ...entry, choices: [] }, words[language]);
}
socket.connect();
