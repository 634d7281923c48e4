// How the conversation looks: deep-chat with our bubbles. Everything is text here; nothing that a person or agent wrote
// is read as markup.
const STYLE = `
  #messages { padding: 6px 0 10px; }
  #chat-view { grid-template-rows: minmax(0, 1fr) auto; }
  :host, #container { border: none !important; }
  #text-input-container { width: calc(100% - 24px) !important; }
  .outer-message-container:has(.renji-choices) .message-bubble { background: none !important; padding: 2px 0 4px !important; max-width: 100% !important; }
  .deep-chat-temporary-message, .message-bubble { font-size: var(--size); line-height: 1.55; }
  .renji-text { white-space: pre-wrap; overflow-wrap: anywhere; }
  .renji-who { display: block; margin-bottom: 2px; color: #0848a6; font-size: 0.82em; font-weight: 600; }
  .renji-link { display: inline-block; margin-top: 8px; padding: 7px 14px; border-radius: 999px; background: #0b5fd7;
    color: #fff !important; text-decoration: none; font-weight: 600; } /* the widget colours all text of a bubble */
  .renji-choices { display: flex; flex-wrap: wrap; gap: 8px; }
  .renji-choice { min-height: 40px; padding: 6px 14px; border: 1.5px solid #0b5fd7; border-radius: 999px;
    background: #fff; color: #0848a6; font: inherit; cursor: pointer; text-align: left; }
  .renji-choice:hover { background: #eaf2ff; }
  .renji-choice:focus-visible, .renji-link:focus-visible, #text-input:focus-visible { outline: 3px solid #ffb300; outline-offset: 1px; }
`;
const FONT = 'system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
// deep-chat colours its icon by a filter: this one is #0b5fd7.
const BLUE = "brightness(0) saturate(100%) invert(27%) sepia(98%) saturate(2100%) hue-rotate(206deg) brightness(90%)";
const BUBBLE = { maxWidth: "86%", padding: "9px 13px", borderRadius: "16px", fontSize: "var(--size)" };

function escape(text) {
  const holder = document.createElement("span");
  holder.textContent = text;
  return holder.innerHTML.replaceAll('"', "&quot;");
}

function safeLink(url) {
  try {
    const parsed = new URL(url, location.href);
    return ["https:", "http:"].includes(parsed.protocol) ? parsed.href : "";
  } catch {
    return "";
  }
}

function bubble(entry) {
  const who = entry.who ? `<span class="renji-who">${escape(entry.who)}</span>` : "";
  const url = entry.link ? safeLink(entry.link.url) : "";
  const link = url ? `<br><a class="renji-link" target="_blank" rel="noopener noreferrer" href="${escape(url)}">${escape(entry.link.title)}</a>` : "";
  return `${who}<span class="renji-text">${escape(entry.text)}</span>${link}`;
}

function buttons(choices, said) {
  const shown = choices.map((c) => `<button type="button" class="renji-choice" data-token="${escape(c.token)}">${escape(c.label)}</button>`);
  return `<div class="deep-chat-temporary-message"><div class="renji-choices" role="group" aria-label="${escape(said.choices)}">${shown.join("")}</div></div>`;
}

function configure(element, acts) {
  element.connect = {
    websocket: true,
    handler: (_, signals) => {
      signals.onOpen();
      signals.newUserMessage.listener = (body) => acts.said(body.messages?.at(-1)?.text ?? "");
    },
  };
  element.auxiliaryStyle = STYLE;
  // Without a font of ours deep-chat would fetch one from another site.
  Object.assign(element.style, { width: "100%", height: "100%", border: "none", borderRadius: "0", backgroundColor: "#fff", fontFamily: FONT });
  element.messageStyles = {
    default: {
      shared: { bubble: BUBBLE, outerContainer: { marginTop: "4px" } },
      user: { bubble: { backgroundColor: "#0b5fd7", color: "#fff", borderBottomRightRadius: "5px" } },
      ai: { bubble: { backgroundColor: "#eef3fa", color: "#14202e", borderBottomLeftRadius: "5px" } },
    },
    html: { ai: { bubble: { backgroundColor: "#eef3fa", color: "#14202e" } } },
  };
  element.textInput = {
    characterLimit: 2000,
    placeholder: { text: " ", style: { color: "#51617a" } },
    styles: {
      container: { border: "1.5px solid #9fb0c8", borderRadius: "22px", boxShadow: "none", backgroundColor: "#fff" },
      text: { fontSize: "var(--size)", padding: "10px 46px 10px 16px", color: "#14202e" },
    },
  };
  const svg = { styles: { default: { width: "24px", height: "24px", filter: BLUE } } };
  const container = { default: { width: "40px", height: "40px", bottom: "2px", right: "4px", borderRadius: "50%" } };
  element.submitButtonStyles = { position: "inside-end", alwaysEnabled: true, submit: { container, svg } };
  element.htmlClassUtilities = {
    "renji-choice": { events: { click: (event) => acts.picked(event.target.textContent, event.target.dataset.token) } },
  };
}

// Draws into `place`; acts.said(text) when the person sends, acts.picked(label, token) when they choose.
export async function drawing(place, acts) {
  await import("/static/vendor/deep-chat.js");
  const element = document.createElement("deep-chat");
  configure(element, acts);
  const rendered = new Promise((resolve) => { element.onComponentRender = resolve; });
  place.append(element);
  await rendered;
  // deep-chat draws 20 ms after its creation, and once more two timers after its last property: where the page is slow,
  // the second drawing comes last and would wipe what stands in the first.
  for (let timers = 0; timers < 2; timers += 1) await new Promise((passed) => { setTimeout(passed); });
  const root = element.shadowRoot;
  return {
    user: (text) => element.addMessage({ role: "user", text }),
    ai(entry, said) {
      element.addMessage({ role: "ai", html: bubble(entry) });
      if (entry.choices?.length) element.addMessage({ role: "ai", html: buttons(entry.choices, said) });
      element.scrollToBottom();
    },
    clearChoices() {
      for (const group of root.querySelectorAll(".renji-choices")) group.closest(".outer-message-container")?.remove();
    },
    clear: () => element.clearMessages(),
    translate(said) {
      element.setPlaceholderText(said.placeholder);
      root.getElementById("text-input")?.setAttribute("aria-label", said.input);
      for (const button of root.querySelectorAll(".input-button")) {
        button.setAttribute("aria-label", said.send);
        button.setAttribute("title", said.send);
      }
    },
  };
}
