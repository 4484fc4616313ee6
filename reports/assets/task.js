"use strict";
// The task panel: its questions as a form that answers in the page, and a button that copies the prompt.
// Rules, names, words and measured answers lie in the data block #task-data; what comes from there becomes text, never HTML.
// `holds` and `decide` say what prompts/rules.py says: tests/test_reports_task_browser.py compares them.

const FOR_MASKS = ["architecture", "loss", "metrics", "resolution", "tiling"];
const FOR_NO_MASKS = ["sister", "metrics"];

/** Whether a condition holds over facts (a Map); a fact that is not known meets no `when` and blocks no `unless`. */
function holds(condition, facts) {
  const among = ([name, values]) => values.includes(facts.get(name));
  return Object.entries(condition.when).every(among) && !Object.entries(condition.unless).some(among);
}

/** What a table chooses, best first, each choice once with its first reason. */
function decide(table, facts) {
  const chosen = new Map();
  for (const rule of table.rules) {
    if (!holds(rule, facts)) continue;
    for (const choice of rule.choose) {
      if (!chosen.has(choice)) chosen.set(choice, { choice, why: rule.why, rule: rule.id });
    }
    if (table.mode === "first") break;
  }
  return [...chosen.values()].slice(0, table.most ?? undefined);
}

/** [name of a table, its decisions], the task first: its choice is a fact for the others. */
function decideAll(tables, known) {
  const task = decide(tables.task, known);
  const facts = new Map(known).set("task", task[0].choice);
  const others = (task[0].choice === "none" ? FOR_NO_MASKS : FOR_MASKS).filter((name) => name in tables);
  return [["task", task], ...others.map((name) => [name, decide(tables[name], facts)])];
}

/** Whether each question is to be asked, and the facts: what was measured, and over it what is answered. */
function answered(questions, preset, answers) {
  const facts = new Map(Object.entries(preset));
  const due = questions.map((question, number) => {
    if (question.asked !== "always" && !holds(question.asked, facts)) return false;
    if (answers[number]) facts.set(question.id, answers[number]);
    else facts.delete(question.id);
    return true;
  });
  return { due, facts };
}

/** Due questions without an answer that the table of tasks asks for. */
function unsettled(data, due, facts) {
  const names = new Set(data.tables.task.rules.flatMap((rule) => Object.keys({ ...rule.when, ...rule.unless })));
  return [...due.keys()].filter((n) => due[n] && names.has(data.questions[n].id) && !facts.has(data.questions[n].id));
}

function element(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** Untrusted text, kept from reordering what stands around it. */
function isolated(text) {
  return element("bdi", "", String(text));
}

function called(data, table, choice) {
  const names = table === "task" ? data.tasks : data.names;
  if (!Object.hasOwn(names, choice)) return { name: choice, note: "" };
  return table === "task" ? { name: names[choice], note: "" } : names[choice];
}

/** The choices of one rule, with the reason that they share. */
function group(data, table, decisions) {
  const names = decisions.map((each) => {
    const { name, note } = called(data, table, each.choice);
    const strong = element("strong", "", isolated(name));
    return note ? element("li", "", strong, " ", element("small", "", isolated(note))) : element("li", "", strong);
  });
  return [element("ul", "", ...names), element("p", "why", isolated(decisions[0].why))];
}

/** Heading, then the choices grouped by the rule that made them, in order. */
function row(data, [table, decisions]) {
  const groups = [];
  for (const each of decisions) {
    if (groups.length && groups.at(-1)[0].rule === each.rule) groups.at(-1).push(each);
    else groups.push([each]);
  }
  const content = groups.flatMap((each) => group(data, table, each));
  return element("div", table, element("dt", "", data.rows[table]), element("dd", "", ...content));
}

/** The first choice of each table but the sentences: what a screen reader is told on each change. */
function headline(data, facts, rows) {
  const said = rows.filter(([table]) => !["resolution", "tiling"].includes(table));
  const names = said.map(([table, decisions]) => called(data, table, decisions[0].choice).name);
  if (said.some(([table]) => table === "sister") && facts.has("sister")) names.splice(1, 0, facts.get("sister"));
  return names.join("\u00a0· ");
}

function startForm(form, data) {
  const fieldsets = [...form.querySelectorAll("fieldset")];
  const find = (name) => form.querySelector(name);
  const update = () => {
    const answers = fieldsets.map((each) => each.querySelector("input:checked")?.value ?? "");
    const { due, facts } = answered(data.questions, data.preset, answers);
    fieldsets.forEach((each, number) => { each.hidden = !due[number]; });
    const rows = decideAll(data.tables, facts);
    find(".now").textContent = headline(data, facts, rows);
    find(".rows").replaceChildren(...rows.map((each) => row(data, each)));
    const asked = unsettled(data, due, facts).map((number) => fieldsets[number].querySelector("legend").textContent.trim());
    find(".open").hidden = !asked.length;
    find(".open bdi").textContent = asked.join(" ");
  };
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault()); // the key Enter would open the page anew
  find("button").addEventListener("click", () => {
    form.reset();
    update();
  });
  update();
}

/** Where the clipboard is closed to a page, the text is selected: then the keys copy it, if `copy` does not. */
async function copied(block) {
  try {
    await navigator.clipboard.writeText(block.textContent);
    return true;
  } catch {
    block.closest("details").open = true;
    getSelection().selectAllChildren(block);
    return document.execCommand("copy");
  }
}

function startCopy(button, block, said) {
  button.addEventListener("click", async () => {
    said.textContent = "";
    const done = await copied(block);
    said.textContent = done ? said.dataset.copied : said.dataset.byHand;
  });
}

document.documentElement.classList.add("js");
const taskForm = document.getElementById("task-form");
const taskPrompt = document.getElementById("task-prompt");
if (taskForm) startForm(taskForm, JSON.parse(document.getElementById("task-data").textContent));
if (taskPrompt) startCopy(document.getElementById("task-copy"), taskPrompt, document.getElementById("task-copied"));
