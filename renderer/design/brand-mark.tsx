/** The mark of the console: three stacked credits, the topmost handed on. */
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--mantine-color-iris-6)" />
      <rect x="7" y="20" width="14" height="4" rx="2" fill="#fff" opacity="0.55" />
      <rect x="7" y="14" width="14" height="4" rx="2" fill="#fff" opacity="0.78" />
      <rect x="11" y="8" width="14" height="4" rx="2" fill="#fff" />
    </svg>
  );
}
