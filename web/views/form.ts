/** Forms: fields with what they are for, what was wrong with them, and what holds where nothing is entered. */
import { html, raw } from "hono/html";
import { flag, type View } from "../format.ts";
import type { FormField, FormModel } from "../form-models.ts";
import { texts } from "../texts.ts";

/** Lines that a field of several values shows without scrolling. */
const LINES = { least: 2, most: 8 };

/** What is wrong with a form as a whole. */
export function formProblems(problems: readonly string[]): View {
  if (problems.length === 0) return html``;
  return html`
    <div class="problem" role="alert">
      <ul>${problems.map((problem) =>
        html`
          <li>${problem}</li>
        `
      )}</ul>
    </div>
  `;
}

/** The fields of a form; those that are seldom needed behind a summary, which is open where one of them is used. */
export function formFields({ fields, seenAt }: FormModel): View {
  const often = fields.filter(({ isSeldom }) => !isSeldom);
  const seldom = fields.filter(({ isSeldom }) => isSeldom);
  const isUsed = seldom.some(({ value, error }) => value !== "" || error !== null);
  return html`${seenAt === null ? "" : html`<input type="hidden" name="seen" value="${seenAt}">`}
${often.map(formField)}
${
    seldom.length === 0 ? "" : html`
      <details class="more-fields" ${flag("open", isUsed)}><summary>${texts.forms.more}</summary>
      ${seldom.map(formField)}</details>
    `
  }`;
}

/** One field with its label. */
export function formField(field: FormField): View {
  const { key, label, hint, error, now, control } = field;
  const described = [hint === "" ? "" : `${key}-hint`, error === null ? "" : `${key}-error`].filter(Boolean).join(" ");
  const attributes = html`id="f-${key}" name="${key}"${
    described === "" ? "" : html`
      aria-describedby="${described}"
    `
  }${error === null ? "" : raw(' aria-invalid="true"')}`;
  const name = html`<label for="f-${key}">${label}${
    field.required ? "" : html`
      <span class="optional">${texts.forms.optional}</span>
    `
  }</label>`;
  return html`<div class="entry-field${error === null ? "" : " is-wrong"}">${
    control === "flag"
      ? html`<div class="boxed">${inputOf(field, attributes)}<label for="f-${key}">${label}</label></div>`
      : html`${name}${inputOf(field, attributes)}`
  }
${error === null ? "" : html`<p class="field-error" id="${key}-error">${error}</p>`}
${
    now === null
      ? ""
      : html`<p class="field-now">${texts.forms.now} <b>${now === "" ? texts.forms.nothing : now}</b></p>`
  }
${hint === "" ? "" : html`<p class="hint" id="${key}-hint">${hint}</p>`}</div>`;
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
            : html`<datalist id="l-${key}">${options.map((one) => html`<option value="${one}"></option>`)}</datalist>`}
      `;
    }
  }
}

function choiceOf({ value, preset, options, required }: FormField, attributes: View): View {
  const all = value === "" || options.includes(value) ? options : [value, ...options];
  return html`<select ${attributes}>${
    required ? "" : html`<option value="">${preset === "" ? texts.forms.none : texts.forms.standard(preset)}</option>`
  }${
    all.map((one) =>
      html`
        <option value="${one}" ${flag("selected", one === value)}>${one}</option>
      `
    )
  }</select>`;
}
