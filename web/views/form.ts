/** Forms: fields with what they are for, what was wrong with them, and what holds where nothing is entered. */
import { html, raw } from "hono/html";
import { flag, type View } from "../format.ts";
import type { FormField, FormModel } from "../form-models.ts";
import { texts } from "../texts.ts";

/** Lines that a field of several values shows without scrolling. */
const LINES = { least: 2, most: 8 };

/** What is wrong with a form, above it: as a whole, and the fields with which something is wrong. */
export function formProblems({ fields, problems }: Pick<FormModel, "fields" | "problems">): View {
  const wrong = fields.filter(({ error }) => error !== null);
  if (problems.length === 0 && wrong.length === 0) return html``;
  return html`
    <div class="note bad" role="alert">
      <div>
    ${problems.map((problem) => html`<p>${problem}</p>`)}
    ${wrong.length === 0 ? "" : html`
      <p><b>${texts.forms.wrongFields(wrong.length)}</b></p>
      <ul>${wrong.map(({ key, label, error }) => html`<li><a href="#f-${key}">${label}</a>: ${error}</li>`)}</ul>
    `}
      </div>
    </div>
  `;
}

/** The fields of a form; those that are seldom needed behind a summary. */
export function formFields({ fields, seenAt }: FormModel): View {
  const seldom = fields.filter(({ isSeldom }) => isSeldom);
  return html`${seenAt === null ? "" : html`<input type="hidden" name="seen" value="${seenAt}">`}
${fields.filter(({ isSeldom }) => !isSeldom).map(formField)}
${seldom.length === 0 ? "" : moreFields(texts.forms.more, seldom)}`;
}

/** Fields behind a summary, which is open where one of them is used. */
export function moreFields(title: string, fields: readonly FormField[]): View {
  const isUsed = fields.some(({ value, error }) => value !== "" || error !== null);
  return html`
    <details class="more-fields" ${flag("open", isUsed)}>
      <summary>${title}</summary>
      <div class="pair even">${fields.map((field) => formField({ ...field, isSeldom: true }))}</div>
    </details>
  `;
}

/** What stands around the control of a field. */
export interface FieldFrame {
  /** Names the control and what describes it: no other field of the page has it. */
  readonly key: string;
  readonly label: string;
  readonly hint?: View | string;
  readonly error?: string | null;
  readonly isOptional?: boolean;
  /** The control is a box to be ticked, before its label. */
  readonly isBox?: boolean;
  /** What stands there now, where somebody else has changed it meanwhile. */
  readonly now?: string | null;
}

/** A control, which takes the attributes that bind it to its label, with what is wrong with it and what it is for. */
export function fieldAround(
  { key, label, hint = "", error = null, isOptional = false, isBox = false, now = null }: FieldFrame,
  control: (attributes: View) => View,
): View {
  const described = [hint === "" ? "" : `${key}-hint`, error === null ? "" : `${key}-error`].filter(Boolean).join(" ");
  const attributes = html`id="f-${key}"${
    described === "" ? "" : html`
      aria-describedby="${described}"
    `
  }${error === null ? "" : raw(' aria-invalid="true"')}`;
  const mark = isOptional
    ? html`
      <span class="optional">${texts.forms.optional}</span>
    `
    : "";
  const name = html`<label for="f-${key}">${label}${mark}</label>`;
  return html`<div class="field">${
    isBox ? html`<div class="boxed">${control(attributes)}${name}</div>` : html`${name}${control(attributes)}`
  }
${error === null ? "" : html`<p class="field-error" id="${key}-error">${error}</p>`}
${
    now === null
      ? ""
      : html`<p class="field-now">${texts.forms.now} <b>${now === "" ? texts.forms.nothing : now}</b></p>`
  }
${hint === "" ? "" : html`<p class="hint" id="${key}-hint">${hint}</p>`}</div>`;
}

/** A field for a password that people choose or know. */
export function passwordField(
  { minLength, autocomplete = "new-password", isFirst = false, ...frame }: FieldFrame & {
    readonly minLength?: number;
    readonly autocomplete?: "new-password" | "current-password";
    readonly isFirst?: boolean;
  },
): View {
  return fieldAround(frame, (attributes) =>
    html`
      <input type="password" name="${frame.key}" ${attributes} autocomplete="${autocomplete}" required maxlength="1024"
        ${minLength === undefined ? "" : raw(` minlength="${minLength}"`)}${flag("autofocus", isFirst)}>
    `);
}

/** One field of a form that is made of the settings. */
export function formField(field: FormField): View {
  const frame = { ...field, isBox: field.control === "flag", isOptional: isOptional(field) };
  return fieldAround(frame, (attributes) => inputOf(field, html`name="${field.key}" ${attributes}`));
}

/** Whether it is to be said that a field may be left empty: not where it shows what holds then. */
function isOptional({ required, preset, isSeldom, isFixed }: FormField): boolean {
  return !required && !isFixed && !isSeldom && preset === "";
}

function inputOf(field: FormField, attributes: View): View {
  const { key, control, value, required, preset, options, isFixed } = field;
  const must = required ? raw(" required") : "";
  if (isFixed) return html`<input ${attributes} value="${value}" readonly>`;
  switch (control) {
    case "flag":
      return html`
        <input type="checkbox" ${attributes} value="true" ${flag("checked", value === "true")}>
      `;
    case "choice":
      return choiceOf(field, attributes);
    case "lines": {
      const rows = Math.min(LINES.most, Math.max(LINES.least, value.split("\n").length));
      return html`
        <textarea ${attributes}${must} rows="${rows}" placeholder="${preset}" spellcheck="false"
          autocapitalize="none">${value}</textarea>
      `;
    }
    case "password":
      return html`<input type="password" ${attributes}${must} value="" autocomplete="new-password" maxlength="4096">`;
    default: {
      const list = options.length === 0 ? "" : html`
        list="l-${key}"
      `;
      const inputMode = control === "number" ? raw(' inputmode="decimal"') : "";
      return html`
        <input type="text" ${attributes}${must} value="${value}" placeholder="${preset}" ${inputMode}${list}
          autocomplete="off" autocapitalize="none" spellcheck="false">${options.length === 0
            ? ""
            : html`<datalist id="l-${key}">${
              options.map((one) => html`<option value="${one.value}"></option>`)
            }</datalist>`}
      `;
    }
  }
}

function choiceOf({ value, preset, options, required }: FormField, attributes: View): View {
  const isKnown = value === "" || options.some((one) => one.value === value);
  const usual = options.find((one) => one.value === preset)?.name ?? preset;
  return html`<select ${attributes}>${
    required ? "" : html`<option value="">${usual === "" ? texts.forms.none : texts.forms.standard(usual)}</option>`
  }${
    [...isKnown ? [] : [{ value, name: value }], ...options].map((one) =>
      html`
        <option value="${one.value}" ${flag("selected", one.value === value)}>${one.name}</option>
      `
    )
  }</select>`;
}
