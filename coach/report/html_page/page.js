"use strict";

const SIGNS = { covered: "✔", partial: "◐", missed: "○", contradicted: "✘", unjudged: "?" };
const JUDGED = ["covered", "partial", "missed", "contradicted"];
const WEIGHTIEST = ["contradicted", "unjudged", "partial", "covered", "missed"];
const PAGE = 50;

const questions = new Map(Object.entries(read("question-data")));
const answers = read("answer-data");
const state = { sort: "unjudged", descending: true, page: 0, found: answers, open: new Set() };
const collator = new Intl.Collator(undefined, { numeric: true });
const byId = (id) => document.getElementById(id);

function read(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/* Elements are made of text, never of markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const count = (answer, verdict) => answer.criteria.filter((each) => each.verdict === verdict).length;
const questionText = (answer) => questions.get(answer.question)?.text ?? answer.question;
const criterionText = (answer, each) => questions.get(answer.question)?.criteria[each.id] ?? each.id;

/* Finding and sorting */

const KEYS = {
  id: (answer) => answer.id,
  question: questionText,
  score: (answer) => answer.score,
  unjudged: (answer) => count(answer, "unjudged"),
  contradicted: (answer) => count(answer, "contradicted"),
};

function shows(answer, kind) {
  if (kind === "error") return Boolean(answer.error);
  if (kind === "reviewed") return answer.criteria.some((each) => each.review);
  return kind === "" || answer.criteria.some((each) => each.verdict === kind);
}

function haystack(answer) {
  answer.haystack ??= [answer.id, answer.answer, questionText(answer), answer.error ?? ""].join("\n").toLowerCase();
  return answer.haystack;
}

function compare(a, b) {
  if (typeof a === "string") return collator.compare(a, b);
  return a - b;
}

/* Stable, and answers without a value stand last in either direction. */
function sorted(found) {
  const key = KEYS[state.sort];
  const sign = state.descending ? -1 : 1;
  const keyed = found.map((answer) => [key(answer), answer]);
  keyed.sort(([a], [b]) => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : sign * compare(a, b)));
  return keyed.map(([, answer]) => answer);
}

function find() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const question = byId("by-question").value;
  const kind = byId("by-verdict").value;
  const found = answers.filter(
    (answer) =>
      (question === "" || answer.question === question) &&
      shows(answer, kind) &&
      words.every((word) => haystack(answer).includes(word)),
  );
  state.found = sorted(found);
  state.page = 0;
  draw();
}

/* Drawing */

function draw() {
  const pages = Math.max(1, Math.ceil(state.found.length / PAGE));
  const first = state.page * PAGE;
  const shown = state.found.slice(first, first + PAGE);
  byId("rows").replaceChildren(...shown.flatMap(rowsOf));
  const total = answers.length.toLocaleString("en");
  const number = state.found.length.toLocaleString("en");
  const range = pages > 1 ? `; ${first + 1} to ${first + shown.length} are shown` : "";
  byId("count").textContent = shown.length ? `${number} of ${total} answers${range}` : "No answer fits these filters.";
  byId("pager").hidden = pages === 1;
  byId("page").textContent = `Page ${state.page + 1} of ${pages}`;
  byId("previous").disabled = state.page === 0;
  byId("next").disabled = state.page === pages - 1;
}

function rowsOf(answer) {
  const open = state.open.has(answer);
  return open ? [row(answer, open), detailRow(answer)] : [row(answer, open)];
}

function row(answer, open) {
  const toggle = make("button", { type: "button", class: "toggle", "aria-expanded": open }, make("bdi", {}, answer.id || "no id"));
  toggle.addEventListener("click", () => flip(answer));
  const score = answer.error ? "error" : answer.score === null ? "–" : answer.score.toFixed(1);
  const number = (value, label) => make("td", { role: "cell", class: value ? "number" : "number none", "data-label": label }, String(value));
  return make(
    "tr",
    { role: "row", class: open ? "open" : "" },
    make("th", { scope: "row", role: "rowheader" }, toggle),
    make("td", { role: "cell", class: "asked" }, make("bdi", {}, questionText(answer))),
    make("td", { role: "cell", class: answer.error ? "number error" : "number score" }, score),
    number(count(answer, "unjudged"), "to check"),
    number(count(answer, "contradicted"), "wrong"),
    make("td", { role: "cell", class: "strip" }, strip(answer)),
  );
}

function strip(answer) {
  const words = Object.keys(SIGNS).map((verdict) => [count(answer, verdict), verdict]).filter(([n]) => n);
  const label = words.map(([n, verdict]) => `${n} ${verdict}`).join(", ") || "none";
  return make("span", { role: "img", "aria-label": label }, ...answer.criteria.map((each) => sign(each.verdict)));
}

const sign = (verdict) => make("span", { class: `sign ${verdict}`, "aria-hidden": "true" }, SIGNS[verdict]);

function flip(answer) {
  if (!state.open.delete(answer)) state.open.add(answer);
  draw();
  toggleOf(answer)?.focus();
}

function toggleOf(answer) {
  const place = state.found.indexOf(answer) - state.page * PAGE;
  return document.querySelectorAll("#rows .toggle")[place];
}

function detailRow(answer) {
  const said = make("div", { class: "said", dir: "auto" });
  const points = make("ol", { class: "verdicts" });
  const only = { each: null };
  const refresh = () => {
    said.replaceChildren(...marked(answer, only.each));
    for (const button of points.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.judged === only.each));
  };
  points.append(...answer.criteria.map((each) => point(answer, each, () => {
    only.each = only.each === each ? null : each;
    refresh();
  })));
  refresh();
  const parts = [make("p", { class: "full-question" }, make("bdi", {}, questionText(answer)))];
  if (answer.error) parts.push(make("p", { class: "notice" }, answer.error));
  parts.push(make("div", { class: "columns" }, said, points));
  if (answer.followUps.length) parts.push(followUps(answer));
  return make("tr", { role: "row", class: "detail" }, make("td", { role: "cell", colspan: "6" }, ...parts));
}

function point(answer, each, choose) {
  const text = make("bdi", {}, criterionText(answer, each));
  const item = make("li", { class: each.verdict });
  const name = make("span", { class: "verdict" }, sign(each.verdict), ` ${each.verdict}`);
  if (each.evidence.length) {
    const button = make("button", { type: "button", class: "plain", "aria-pressed": "false", title: "Mark only the words of this criterion" }, text);
    button.judged = each;
    button.addEventListener("click", choose);
    item.append(name, button);
  } else {
    item.append(name, text);
  }
  for (const note of [each.review && reviewed(each), each.reason].filter(Boolean)) {
    item.append(make("span", { class: "quiet" }, make("bdi", {}, note)));
  }
  if (each.probabilities) item.append(likely(each));
  return item;
}

const reviewed = (each) => `${each.review.author} decided; the judge had said ${each.review.overrides}`;

function likely(each) {
  const percent = each.probabilities.map((p) => `${Math.round(100 * p)} %`);
  const parts = JUDGED.map((verdict, i) => make("span", { title: verdict }, sign(verdict), make("span", { class: "unseen" }, ` ${verdict} `), percent[i]));
  return make("span", { class: "quiet likely" }, ...parts);
}

function followUps(answer) {
  const asked = answer.followUps.map((text) => make("li", {}, make("bdi", {}, text)));
  return make("div", { class: "next" }, make("h4", {}, "Ask next"), make("ul", {}, ...asked));
}

/* The answer in pieces between the ends of its quotes; a piece is marked by the weightiest verdict that rests on it. */
function marked(answer, only) {
  const text = answer.answer;
  const quotes = answer.criteria.flatMap((each, i) =>
    (only === null ? each.verdict !== "missed" : each === only)
      ? each.evidence.map(([start, end]) => ({ start, end, number: i + 1, verdict: each.verdict }))
      : [],
  );
  const ends = quotes.flatMap((quote) => [quote.start, quote.end]).filter((at) => at > 0 && at < text.length);
  const cuts = [...new Set([0, ...ends, text.length])].sort((a, b) => a - b);
  return cuts.slice(0, -1).flatMap((start, i) => {
    const piece = text.slice(start, cuts[i + 1]);
    const over = quotes.filter((quote) => quote.start <= start && quote.end > start);
    return over.length ? [mark(piece, over)] : [piece];
  });
}

function mark(piece, quotes) {
  const verdict = WEIGHTIEST.find((each) => quotes.some((quote) => quote.verdict === each));
  const numbers = (each) => [...new Set(quotes.filter((quote) => quote.verdict === each).map((quote) => quote.number))];
  const tags = WEIGHTIEST.filter((each) => numbers(each).length).map((each) => SIGNS[each] + numbers(each).join(",")).join(" ");
  const label = quotes.map((quote) => `${quote.verdict}, criterion ${quote.number}`).join("; ");
  return make("mark", { class: verdict, title: label }, make("span", { class: "quote" }, piece), make("sup", { "aria-label": label, role: "img" }, tags));
}

/* Controls */

function sortBy(name) {
  state.descending = state.sort === name ? !state.descending : !["id", "question"].includes(name);
  state.sort = name;
  for (const button of document.querySelectorAll("[data-sort]")) {
    const order = button.dataset.sort === name ? (state.descending ? "descending" : "ascending") : "none";
    button.closest("th").setAttribute("aria-sort", order);
  }
  find();
}

function show(filters) {
  byId("search").value = "";
  byId("by-question").value = filters.question ?? "";
  byId("by-verdict").value = filters.show ?? "";
  find();
  byId("answers").scrollIntoView();
  byId("answers").focus({ preventScroll: true });
}

function reveal(id) {
  show({});
  const place = state.found.findIndex((answer) => answer.id === id);
  if (place < 0) return;
  state.page = Math.floor(place / PAGE);
  state.open.add(state.found[place]);
  draw();
  toggleOf(state.found[place]).focus();
}

function turn(pages) {
  state.page += pages;
  draw();
  byId("answers").scrollIntoView();
}

for (const [id, question] of questions) byId("by-question").append(make("option", { value: id }, question.text));
for (const button of document.querySelectorAll("[data-sort]")) button.addEventListener("click", () => sortBy(button.dataset.sort));
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => show({ show: button.dataset.show }));
for (const button of document.querySelectorAll("[data-question]")) button.addEventListener("click", () => show({ question: button.dataset.question }));
for (const button of document.querySelectorAll("[data-answer]")) button.addEventListener("click", () => reveal(button.dataset.answer));
for (const id of ["search", "by-question", "by-verdict"]) byId(id).addEventListener("input", find);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("previous").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
find();
