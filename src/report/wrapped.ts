/** The line broken at spaces, each further one indented by two, so that it fits into a terminal of 80 columns. */
export function wrapped(line: string, most = 80): string {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > most) {
    const at = rest.lastIndexOf(' ', most);
    if (at <= 2) break;
    lines.push(rest.slice(0, at));
    rest = `  ${rest.slice(at + 1)}`;
  }
  return [...lines, rest].join('\n');
}
