/** Gives whoever copies part of a table the values in full, though it shows them short: cells by tab, rows by line. */
export function copyInFull(event: ClipboardEvent): void {
  const selection = document.getSelection();
  if (selection === null || selection.isCollapsed) return;
  const rows = new Map<Element, string[]>();
  for (const cell of document.querySelectorAll("td, th[scope=row]")) {
    if (!selection.containsNode(cell, true) || cell.parentElement === null) continue;
    const full = cell.querySelector<HTMLElement>("[data-full]")?.dataset.full;
    const cells = rows.get(cell.parentElement) ?? [];
    cells.push(full ?? cell.textContent.trim());
    rows.set(cell.parentElement, cells);
  }
  // Within one cell a shortened number is meant in full; of any other text the reader chose the part.
  const isOneCell = rows.size === 1 && [...rows.values()][0]?.length === 1;
  const hasFull = (node: Node | null) => node?.parentElement?.closest("[data-full]") != null;
  if (rows.size === 0 || (isOneCell && !hasFull(selection.anchorNode))) return;
  const text = [...rows.values()].map((cells) => cells.join("\t")).join("\n");
  event.clipboardData?.setData("text/plain", text);
  event.preventDefault();
}
