import { hostPort } from "./address";
import { requireRow } from "./catalog";

export interface AlloyContext {
  host: string;
  cluster: string;
  /** Address of the primary's Loki. */
  primaryAddress: string;
  /** Whether Caddy serves sites here and writes access logs. */
  caddy: boolean;
}

/** Where NixOS' Caddy module puts one access log per site. */
const caddyLogs = "/var/log/caddy/*.log";

/** After an outage of Loki, this much of the journal is sent again; below what Loki accepts (`oldestAccepted`). */
const journalAge = "72h";

/** The longest pause between two tries while Loki is out of reach. Alloy's own is 5 minutes: so long nothing came after Loki was back. */
const longestPause = "30s";

/**
 * A string literal of Alloy's configuration language (Go's escapes).
 * Lone surrogates have no UTF-8 form and become U+FFFD; a byte order mark is only legal as an escape.
 */
export function alloyString(text: string): string {
  const wellFormed = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
  return JSON.stringify(wellFormed).replaceAll("\ufeff", "\\ufeff");
}

/** The push endpoint of the primary's Loki. */
export function lokiPushUrl(primaryAddress: string): string {
  return `http://${hostPort(primaryAddress, requireRow("loki").port)}/loki/api/v1/push`;
}

/** config.alloy: the journal, and Caddy's access logs where there are any, to the primary's Loki. */
export function alloyConfig(context: AlloyContext): string {
  const blocks = [logging, journalRules, journal, ...(context.caddy ? [caddy] : []), writer(context)];
  return `${blocks.join("\n\n")}\n`;
}

const logging = `logging {
  level = "warn"
}`;

function rule(source: string, target: string): string {
  return `  rule {
    source_labels = [${alloyString(source)}]
    target_label  = ${alloyString(target)}
  }`;
}

// few labels with few values each: everything else is found by searching the lines
const journalRules = `loki.relabel "journal" {
  forward_to = []
${rule("__journal__systemd_unit", "unit")}
${rule("__journal_priority_keyword", "level")}
}`;

const journal = `loki.source.journal "journal" {
  max_age       = ${alloyString(journalAge)}
  labels        = { job = "journal" }
  relabel_rules = loki.relabel.journal.rules
  forward_to    = [loki.write.primary.receiver]
}`;

const caddy = `local.file_match "caddy" {
  path_targets = [{ __path__ = ${alloyString(caddyLogs)}, job = "caddy" }]
}

loki.source.file "caddy" {
  targets    = local.file_match.caddy.targets
  forward_to = [loki.process.caddy.receiver]
}

loki.process "caddy" {
  stage.json {
    expressions = { level = "level", status = "status", site = "request.host" }
  }
  stage.labels {
    values = { level = "" }
  }
  stage.structured_metadata {
    values = { status = "", site = "" }
  }
  forward_to = [loki.write.primary.receiver]
}`;

function writer({ host, cluster, primaryAddress }: AlloyContext): string {
  // 0 retries means to go on until Loki is back: the journal waits, nothing is dropped
  return `loki.write "primary" {
  endpoint {
    url                 = ${alloyString(lokiPushUrl(primaryAddress))}
    max_backoff_retries = 0
    max_backoff_period  = ${alloyString(longestPause)}
  }
  external_labels = { host = ${alloyString(host)}, cluster = ${alloyString(cluster)} }
}`;
}
