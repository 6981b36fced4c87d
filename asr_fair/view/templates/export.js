"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 50;
  const SHORT = 60;
  const byId = (id) => document.getElementById(id);
  const [UTTERANCE, COLUMN, KINDS, S, D, I, H, HEARD, TOLD, SOUND] = Array(10).keys();
  const [ID, SHOWN_ID, SPEAKER, SPEAKER_NUMBER, REFERENCE, WORDS, GROUPS, CLEAN_SOUND] = Array(8).keys();

  // Every text goes into the page as text: `append` makes text nodes of strings.
  const make = (tag, name, ...children) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    node.append(...children);
    return node;
  };
  const link = (params, text, name) => {
    const node = make("a", name, text);
    node.href = "#" + params.toString();
    return node;
  };
  const number = (value) => value.toLocaleString("en");
  const counted = (value, noun) => number(value) + " " + noun + (value === 1 ? "" : "s");
  const percent = (value) => (100 * value).toFixed(1) + "\u00a0%";
  const errors = (row) => row[S] + row[D] + row[I];
  const words = (row) => row[S] + row[D] + row[H];
  const wer = (row) => (words(row) ? percent(errors(row) / words(row)) : "nobody spoke");

  class Unknown extends Error {}

  function found(what, name, names) {
    const place = names.indexOf(name);
    if (place < 0) throw new Unknown(what + " \u201c" + name + "\u201d is not in this folder.");
    return place;
  }

  function read(hash) {
    const params = new URLSearchParams(hash.replace(/^#/, ""));
    const asked = { params, groups: [], page: 1, sort: "errors", than: [undefined, undefined] };
    for (const [name, value] of params) {
      if (value === "") continue;
      if (name.startsWith("tag.")) {
        const tag = found("Tag", name.slice(4), data.tags.map((each) => each[0]));
        asked.groups.push([tag, found("Group", value, data.tags[tag][2])]);
      } else if (name === "condition" || name === "system") {
        const side = name === "condition" ? 0 : 1;
        found(name, value, data.columns.map((each) => each[side]));
        asked[name] = value;
      } else if (name === "than.condition" || name === "than.system") {
        const side = name === "than.condition" ? 0 : 1;
        found(name, value, data.columns.map((each) => each[side]));
        asked.than[side] = value;
      } else if (name === "text") {
        asked.text = value.toLowerCase();
      } else if (name === "kind") {
        asked.kind = found("Kind", value, data.kinds);
      } else if (name === "sort") {
        found("Order", value, ["errors", ...Object.keys(data.orders), ...(data.usualOther ? ["worse", "better"] : [])]);
        asked.sort = value;
      } else if (name === "page") {
        asked.page = Math.max(1, Number.parseInt(value, 10) || 1);
      } else if (name === "id") {
        asked.utterance = found("Utterance", value, data.utterances.map((each) => each[ID]));
      } else if (!name.startsWith("at.") && !name.startsWith("beside.")) {
        throw new Unknown("Nothing here is called \u201c" + name + "\u201d.");
      }
    }
    const byChange = asked.sort === "worse" || asked.sort === "better";
    asked.compares = byChange || asked.than.some((each) => each !== undefined);
    if (byChange && !asked.than.some((each) => each !== undefined)) asked.than = data.usualOther.map((each) => each ?? undefined);
    return asked;
  }

  const places = new Map(data.rows.map((row) => [row[UTTERANCE] + " " + row[COLUMN], row]));

  // The same utterance in the column that it is compared with; none where it is the same one or lost.
  function otherOf(row, asked) {
    const [condition, system] = data.columns[row[COLUMN]];
    const wanted = [asked.than[0] ?? condition, asked.than[1] ?? system];
    const place = data.columns.findIndex((each) => each[0] === wanted[0] && each[1] === wanted[1]);
    const other = place === row[COLUMN] ? undefined : places.get(row[UTTERANCE] + " " + place);
    return row[HEARD] === null || !other || other[HEARD] === null ? undefined : other;
  }

  const change = (row, asked) => errors(row) - errors(otherOf(row, asked));

  function select(asked) {
    const fits = (row) => {
      const [condition, system] = data.columns[row[COLUMN]];
      const groups = data.utterances[row[UTTERANCE]][GROUPS];
      return (
        (asked.condition === undefined || asked.condition === condition) &&
        (asked.system === undefined || asked.system === system) &&
        (asked.kind === undefined || (row[KINDS] >> asked.kind) & 1) &&
        asked.groups.every(([tag, group]) => groups[tag].includes(group)) &&
        (asked.text === undefined || holds(row, asked.text)) &&
        (!asked.compares || otherOf(row, asked) !== undefined)
      );
    };
    const order = data.orders[asked.sort];
    const rows = (order ? order.map((place) => data.rows[place]) : data.rows).filter(fits);
    if (asked.sort === "worse") rows.sort((one, other) => change(other, asked) - change(one, asked));
    if (asked.sort === "better") rows.sort((one, other) => change(one, asked) - change(other, asked));
    return rows;
  }

  const holds = (row, text) =>
    data.utterances[row[UTTERANCE]][REFERENCE].toLowerCase().includes(text) ||
    (row[HEARD] !== null && row[HEARD].toLowerCase().includes(text));

  function totals(rows, asked) {
    const utterances = new Set(rows.map((row) => row[UTTERANCE]));
    const speakers = new Set([...utterances].map((place) => data.utterances[place][SPEAKER_NUMBER]));
    const sum = (of) => rows.reduce((total, row) => total + of(row), 0);
    const nWords = sum(words);
    const facts = [
      counted(rows.length, "transcript") + " of " + counted(utterances.size, "utterance"),
      speakers.has(-1) ? "speakers not known" : counted(speakers.size, "speaker"),
      counted(sum(errors), "error") + " in " + counted(nWords, "reference word"),
    ];
    if (nWords) facts.push(noRate(rows, speakers, asked) ?? "WER " + percent(sum(errors) / nWords));
    if (asked.compares) {
      const changes = rows.map((row) => change(row, asked));
      const of = (sign) => number(changes.filter((each) => Math.sign(each) === sign).length);
      facts.push(of(1) + " with more errors, " + of(-1) + " with fewer, " + of(0) + " with as many");
    }
    return facts;
  }

  // The rule of the server's list (view/rates.py), and of a part of the transcripts none.
  function noRate(rows, speakers, asked) {
    if (asked.kind !== undefined || asked.text !== undefined || asked.compares) return data.noRate.CHOSEN;
    if (!speakers.has(-1) && speakers.size < data.leastSpeakers) return data.noRate.FEW;
    if (!data.complete) return data.noRate.PART;
    return new Set(rows.map((row) => row[COLUMN])).size > 1 ? data.noRate.COLUMNS : undefined;
  }

  function changeWords(row, asked) {
    const where = names(otherOf(row, asked)).join(" \u00b7 ");
    const more = change(row, asked);
    if (!more) return "as many errors as " + where;
    const counts = number(Math.abs(more)) + (more > 0 ? " more error" : " fewer error");
    return counts + (Math.abs(more) === 1 ? "" : "s") + " than " + where;
  }

  const mark = (tag, name, hint, sign, word) => {
    const node = make(tag, name);
    if (sign) {
      const shown = make("span", "", sign);
      shown.setAttribute("aria-hidden", "true");
      node.append(shown);
    }
    node.append(make("span", "unseen", hint), make("bdi", "", word));
    return node;
  };

  function diff(row, most) {
    const reference = data.utterances[row[UTTERANCE]][WORDS];
    const tokens = [];
    let place = 0;
    const right = (end) => {
      for (; place < end; place += 1) tokens.push(make("bdi", "", reference[place]));
    };
    for (const [at, heard, added] of row[TOLD]) {
      right(at);
      if (added) {
        tokens.push(mark("ins", "added", "added: ", "+", heard));
        continue;
      }
      if (heard === undefined) {
        tokens.push(mark("del", "left-out", "left out: ", "\u2212", reference[at]));
      } else {
        const arrow = make("span", "", "\u2192");
        arrow.setAttribute("aria-hidden", "true");
        tokens.push(
          make("span", "swap", mark("del", "", "said: ", "", reference[at]), arrow, mark("ins", "", " heard as: ", "", heard)),
        );
      }
      place = at + 1;
    }
    right(reference.length);
    const node = make("p", "diff");
    node.dir = "auto";
    for (const token of tokens.slice(0, most)) node.append(token, " ");
    if (tokens.length > most) node.append(make("span", "quiet", "\u2026 " + number(tokens.length - most) + " more"));
    if (!tokens.length) node.append(make("span", "quiet", "nothing was said, nothing was heard"));
    return node;
  }

  const column = (row) => data.columns[row[COLUMN]];
  const names = (row) => data.columnNames[row[COLUMN]];

  function toUtterance(row, asked) {
    const params = new URLSearchParams(asked.params);
    const [condition, system] = column(row);
    params.set("id", data.utterances[row[UTTERANCE]][ID]);
    params.set("at.condition", condition);
    params.set("at.system", system);
    return params;
  }

  function toList(asked, page) {
    const params = new URLSearchParams(asked.params);
    for (const name of [...params.keys()]) {
      if (name === "id" || name === "page" || name.startsWith("at.") || name.startsWith("beside.")) params.delete(name);
    }
    if (page > 1) params.set("page", page);
    return params;
  }

  function listed(row, asked) {
    const utterance = data.utterances[row[UTTERANCE]];
    const head = make("div", "row-head", link(toUtterance(row, asked), make("bdi", "", utterance[SHOWN_ID]), "id"), " ");
    if (row[HEARD] === null) head.append(make("span", "lost", "no transcript: ", make("bdi", "", row[TOLD])));
    else head.append(make("strong", "", counted(errors(row), "error")), " ", make("span", "", wer(row)));
    if (asked.compares) head.append(" ", make("strong", "change", make("bdi", "", changeWords(row, asked))));
    const where = make("span", "quiet");
    const [condition, system] = names(row);
    where.append(make("bdi", "", condition), " \u00b7 ", make("bdi", "", system), " \u00b7 speaker ", make("bdi", "", utterance[SPEAKER]));
    head.append(" ", where);
    return make("li", "", head, ...(row[HEARD] === null ? [] : [diff(row, SHORT)]));
  }

  const SVG = "http://www.w3.org/2000/svg";

  // Lows, then highs, 127 for the peak of the sound; `scale` fills the height, the same for all of a page.
  function wave(file, scale) {
    const [bytes, peak, words, times] = data.waves[file];
    const values = Int8Array.from(atob(bytes), (each) => each.charCodeAt(0));
    const n = values.length / 2;
    const at = (place) => (place % n) + " " + ((-values[place] * peak) / 127 / scale).toFixed(3);
    const above = Array.from({ length: n }, (_, place) => at(n + place));
    const below = Array.from({ length: n }, (_, place) => at(n - 1 - place));
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", "M" + [...above, ...below].join(" L") + "Z");
    const node = document.createElementNS(SVG, "svg");
    const given = { class: "wave", viewBox: "0 -1 " + n + " 2", preserveAspectRatio: "none", role: "img", "aria-label": words };
    for (const [name, value] of Object.entries(given)) node.setAttribute(name, value);
    node.append(path);
    const axis = make("p", "wave-axis", ...times.map((each) => make("span", "", each)));
    axis.setAttribute("aria-hidden", "true");
    return [node, axis];
  }

  function sound(file, title, scale) {
    return make("figure", "sound", make("figcaption", "", title), ...wave(file, scale), player(file, title));
  }

  function player(file, what) {
    const node = document.createElement("audio");
    node.controls = true;
    node.preload = "none";
    node.src = file;
    node.setAttribute("aria-label", "Sound: " + what);
    return node;
  }

  function panel(row, scale) {
    const [condition, system] = names(row);
    const node = make("section", "panel", make("h3", "", make("bdi", "", condition), " \u00b7 ", make("bdi", "", system)));
    if (row[HEARD] === null) {
      node.append(make("p", "lost", "No transcript: ", make("bdi", "", row[TOLD])));
    } else {
      const sums = [counted(row[S], "substitution"), counted(row[D], "deletion"), counted(row[I], "insertion")];
      node.append(make("p", "", counted(errors(row), "error") + " (" + sums.join(", ") + "), " + wer(row)));
      node.append(diff(row, Infinity), make("p", "note", "Transcript as it came:"));
      const text = make("blockquote", "", row[HEARD] || "(empty)");
      text.dir = "auto";
      node.append(text);
    }
    if (row[SOUND] && row[SOUND] !== data.utterances[row[UTTERANCE]][CLEAN_SOUND]) {
      node.append(sound(row[SOUND], "As heard: " + condition, scale));
    }
    return node;
  }

  function showUtterance(asked) {
    const utterance = data.utterances[asked.utterance];
    const at = (row) =>
      column(row)[0] === asked.params.get("at.condition") && column(row)[1] === asked.params.get("at.system");
    const own = data.rows.filter((row) => row[UTTERANCE] === asked.utterance);
    own.sort((one, other) => at(other) - at(one) || one[COLUMN] - other[COLUMN]);
    const title = make("h2", "", make("bdi", "", utterance[SHOWN_ID]));
    title.tabIndex = -1;
    const reference = make("blockquote", "", utterance[REFERENCE] || "(empty)");
    reference.dir = "auto";
    const facts = make("dl", "facts", make("dt", "", "Speaker"), make("dd", "", make("bdi", "", utterance[SPEAKER])));
    data.tags.forEach(([, name, , groups], tag) => {
      const own = utterance[GROUPS][tag].map((place) => groups[place]).join(", ");
      facts.append(make("dt", "", make("bdi", "", name)), make("dd", "", make("bdi", "", own)));
    });
    const clean = utterance[CLEAN_SOUND];
    const files = [clean, ...own.map((row) => row[SOUND])].filter((file) => file);
    const scale = Math.max(...files.map((file) => data.waves[file][1]));
    const played = clean ? [sound(clean, "Clean: the recording as it is", scale)] : [];
    const back = link(toList(asked, asked.page), "Back to the list");
    byId("one").replaceChildren(
      make("p", "", back), title, make("p", "note", "Reference as written:"), reference, ...played, facts,
      make("div", "panels", ...own.map((row) => panel(row, scale))),
    );
    title.focus();
    window.scrollTo(0, 0);
  }

  function pager(asked, nPages) {
    const step = (page, text) =>
      page >= 1 && page <= nPages && page !== asked.page
        ? link(toList(asked, page), text)
        : make("span", "off", text);
    return [
      step(1, "First"), " ", step(asked.page - 1, "Previous"), " ",
      make("span", "", "Page " + number(asked.page) + " of " + number(nPages)), " ",
      step(asked.page + 1, "Next"), " ", step(nPages, "Last"),
    ];
  }

  function showList(asked) {
    const rows = select(asked);
    const nPages = Math.max(1, Math.ceil(rows.length / PAGE));
    asked.page = Math.min(asked.page, nPages);
    byId("totals").replaceChildren(...totals(rows, asked).map((fact) => make("li", "", fact)));
    byId("rows").replaceChildren(
      ...rows.slice((asked.page - 1) * PAGE, asked.page * PAGE).map((row) => listed(row, asked)),
    );
    byId("empty").hidden = rows.length > 0;
    byId("above").replaceChildren(...pager(asked, nPages));
    byId("below").replaceChildren(...pager(asked, nPages));
  }

  function fill(asked) {
    for (const field of byId("filter").elements) {
      if (field.name) field.value = asked.params.get(field.name) || (field.name === "sort" ? "errors" : "");
    }
  }

  function show() {
    let asked;
    byId("problem").hidden = true;
    try {
      asked = read(window.location.hash);
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      byId("problem").textContent = error.message + " This is everything there is.";
      byId("problem").hidden = false;
      asked = read("");
    }
    fill(asked);
    const isOne = asked.utterance !== undefined;
    byId("one").hidden = !isOne;
    byId("list").hidden = isOne;
    byId("filter").hidden = isOne;
    if (isOne) showUtterance(asked);
    else showList(asked);
  }

  function ask(event) {
    event.preventDefault();
    const params = new URLSearchParams();
    for (const field of byId("filter").elements) {
      if (field.name && field.value && !(field.name === "sort" && field.value === "errors")) {
        params.append(field.name, field.value);
      }
    }
    window.location.hash = params.toString();
  }

  byId("filter").addEventListener("change", ask);
  byId("filter").addEventListener("submit", ask);
  byId("all").addEventListener("click", (event) => {
    event.preventDefault();
    window.location.hash = "";
  });
  window.addEventListener("hashchange", show);
  show();
})();
