/** MLflow's filter grammar, as far as the page must write it; reading it is the server's work. */

/** `key` of a metric, param or tag as an identifier of the grammar: "metrics", "val/loss" gives metrics.`val/loss`. */
export function identifier(entity: "metrics" | "params" | "tags", key: string): string {
  if (/^[A-Za-z_]\w*$/.test(key)) return `${entity}.${key}`;
  return `${entity}.${key.includes("`") ? `"${key}"` : `\`${key}\``}`;
}

/** `text` as a string of the grammar, which has two quotes and no escapes; text with both loses the double ones. */
export function quoted(text: string): string {
  return text.includes("'") ? `"${text.replaceAll('"', "")}"` : `'${text}'`;
}

const TOKEN =
  /(?<text>'[^']*'|"[^"]*"|`[^`]*`)|(?<equals>==)|(?<word>[A-Za-z_][\w./-]*)|(?<space>\s+)|(?<other>[<>!=]+|.)/gs;

const KEYWORDS = new Set(["and", "or", "not", "like", "ilike", "in", "is", "null", "between"]);

const ENTITY = /^(metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\./;

/**
 * What somebody who wrote `filter` probably meant: bare names of known metrics and params get their prefix
 * (`m1 > 0.9` becomes `metrics.m1 > 0.9`), names that need quoting get quotes, `==` becomes `=`.
 * Undefined where nothing would change.
 */
export function suggestFilter(
  filter: string,
  metrics: ReadonlySet<string>,
  params: ReadonlySet<string>,
): string | undefined {
  let suggestion = "";
  for (const { 0: token, groups = {} } of filter.matchAll(TOKEN)) {
    if (groups.equals) suggestion += "=";
    else if (groups.word) suggestion += resolve(token, metrics, params);
    else suggestion += token;
  }
  return suggestion === filter ? undefined : suggestion;
}

function resolve(word: string, metrics: ReadonlySet<string>, params: ReadonlySet<string>): string {
  if (KEYWORDS.has(word.toLowerCase())) return word;
  const prefix = ENTITY.exec(word);
  if (prefix === null) {
    if (metrics.has(word)) return identifier("metrics", word);
    return params.has(word) ? identifier("params", word) : word;
  }
  const key = word.slice(prefix[0].length);
  if (!/[/-]/.test(key)) return word;
  return `${prefix[0]}\`${key}\``;
}
