import { COMMON_OPTIONS } from "./help-page.ts";

/** The pages of the commands for users and tokens. */
export const accessPages = {
  user: {
    summary: "list, add or remove those who may sign in to the dashboard",
    usage: [
      "user list [--json] [--config FILE]",
      "user add NAME --role ROLE [--account LOGIN [--mail-password]]",
      "user role NAME --role ROLE [--account LOGIN [--mail-password]]",
      "user password NAME [--password-stdin]",
      "user remove NAME",
    ],
    text: `add       prints a one-time code, by which the user chooses a password at
          /welcome of the dashboard
role      gives another role; the user is signed out everywhere
password  takes the password away and prints a one-time code: who has lost the
          password gets in again; all browsers of the user are signed out
remove    with the user's tokens; never the last owner

  --role ROLE      owner: sees and changes everything; viewer: sees everything
                   but what is in letters, changes nothing; person: sees the
                   mail of one account and nothing of others
  --account LOGIN  whose mail a person sees
  --mail-password  the person signs in with the login and password of the
                   account, as at the mail servers
  --password-stdin read a new password from standard input instead
${COMMON_OPTIONS}`,
  },
  token: {
    summary: "list, make or revoke tokens, by which programs use the API",
    usage: [
      "token list [--json] [--config FILE]",
      "token add NAME --scope SCOPE[,SCOPE...] [--works AGE]",
      "token remove NAME",
    ],
    text: `add       prints the token, this once; only its hash is kept
remove    it does not work any more

  --scope SCOPE    read: what a viewer sees; content: letters; queue: act on
                   the queue; mailboxes: fetch, restore, send again; settings:
                   change the settings; access: users and tokens, all rights;
                   metrics: figures for Prometheus
  --works AGE      for how long, such as 90d; for ever without
${COMMON_OPTIONS}`,
  },
} as const;
