const collator = new Intl.Collator("en", { numeric: true });

/** Compares names as people count: m1, m2, m10. Equal only for equal strings. */
export function naturalOrder(left: string, right: string): number {
  return collator.compare(left, right) || (left < right ? -1 : left > right ? 1 : 0);
}
