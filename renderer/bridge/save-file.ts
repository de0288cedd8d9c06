/** The download has its own hold on the bytes by then. Milliseconds. */
const HELD = 60_000;

/** Hands a file to the system as a download: Electron asks where to keep it, a browser does as it is set. */
export function saveFile(file: File): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), HELD);
}
