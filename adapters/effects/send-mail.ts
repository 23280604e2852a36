import { Dead } from "../../functions/kernel/outcome.ts";
import type { SendMail } from "../../functions/notification/handler.ts";
import { derivedId } from "../core/event/ids.ts";
import type { Environment } from "../core/host/deployed.ts";
import { attempts } from "./attempts.ts";
import { parseSmtp, type SmtpSettings } from "./smtp-settings.ts";

/** By SMTP where the environment names a server, else a dummy: nobody gets a mail. throws: ConfigError */
export function createSendMail(env: Environment): SendMail {
  const settings = parseSmtp(env);
  if (settings) return bySmtp(settings);
  const attempt = attempts(env, "mail");
  return async (request) => attempt(request);
}

/**
 * The same key, the same message id: a mail that goes out again after a crash can be known by it. What a server will never take is
 * said here and not where the server is asked: of a file that is loaded later, `Dead` could be another class.
 */
function bySmtp(settings: SmtpSettings): SendMail {
  return async ({ key, to, subject }) => {
    const { sendBySmtp } = await import("./smtp.ts");
    const mail = { messageId: `<${derivedId("mail", key)}@${settings.domain}>`, to, subject };
    const refusal = await sendBySmtp(mail, settings);
    if (refusal) throw new Dead("mail-refused", `mail: must be taken by the mail server, got ${refusal}`);
  };
}
