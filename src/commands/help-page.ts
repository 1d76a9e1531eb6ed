/** A command's page of help. */
export interface HelpPage {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Its forms, without "waypost". */
  readonly usage: readonly string[];
  /** The rest of the page, at most 80 columns wide. */
  readonly text: string;
}

const JSON_OPTION = "  --json           print JSON, and nothing else, on standard output";
/** The option that names the settings. */
export const CONFIG_OPTION = "  --config FILE    the settings; without it data/waypost.toml, if it is there";
/** The options of every command. */
export const COMMON_OPTIONS = `${CONFIG_OPTION}\n${JSON_OPTION}`;
