import {
  Badge,
  Button,
  createTheme,
  defaultCssVariablesResolver,
  type CSSVariablesResolver,
  Drawer,
  type MantineColorsTuple,
  Menu,
  Modal,
  NativeSelect,
  NumberInput,
  PasswordInput,
  Select,
  Textarea,
  TextInput,
  Tooltip,
} from '@mantine/core';

/** The brand: a calm ink blue that keeps 4.5:1 with white from shade 6 on. */
const iris: MantineColorsTuple = [
  '#f2f4fd',
  '#e2e7fa',
  '#c5cff5',
  '#a0b0ee',
  '#8096e6',
  '#5f78da',
  '#445cc4',
  '#384ca6',
  '#304188',
  '#2a386f',
];

/** Neutral, a little blue, so that white cards stand off the page without heavy borders. */
const gray: MantineColorsTuple = [
  '#f7f8fa',
  '#eff1f5',
  '#e4e7ee',
  '#d3d8e2',
  '#b3bac8',
  '#858ea1',
  '#5b6477',
  '#434b5c',
  '#2c3342',
  '#1a1f2b',
];

const dark: MantineColorsTuple = [
  '#dfe3ec',
  '#bcc3d1',
  '#98a1b3',
  '#717b90',
  '#465065',
  '#333b4d',
  '#272e3d',
  '#1c222f',
  '#141923',
  '#0e121a',
];

/** Confirmed. */
const moss: MantineColorsTuple = [
  '#eaf7f1',
  '#d5eee2',
  '#abdcc5',
  '#7cc8a5',
  '#52b388',
  '#2f9a6e',
  '#1b7f58',
  '#156747',
  '#125139',
  '#0e3d2c',
];

/** Warnings, and what is being checked. */
const amber: MantineColorsTuple = [
  '#fff7e6',
  '#fdebc6',
  '#fad78c',
  '#f5bf4f',
  '#eaa622',
  '#c98508',
  '#9a6300',
  '#7c4f00',
  '#603d00',
  '#472d00',
];

/** Refusals and errors. */
const coral: MantineColorsTuple = [
  '#fef1f0',
  '#fce0dd',
  '#f8bfba',
  '#f29a92',
  '#ea7468',
  '#dc4f42',
  '#c0362a',
  '#9f2b21',
  '#7f241c',
  '#611d17',
];

/** The one theme of the console, light and dark. */
export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: { light: 6, dark: 6 },
  colors: { iris, gray, dark, moss, amber, coral, red: coral },
  white: '#ffffff',
  black: '#1a1f2b',
  fontFamily: "'Inter Variable', 'Segoe UI', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  headings: {
    fontFamily: "'Inter Variable', 'Segoe UI', system-ui, sans-serif",
    fontWeight: '640',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.875rem', lineHeight: '1.45' },
    },
  },
  spacing: { xs: '0.5rem', sm: '0.75rem', md: '1rem', lg: '1.5rem', xl: '2rem' },
  radius: { xs: '0.25rem', sm: '0.375rem', md: '0.5rem', lg: '0.75rem', xl: '1rem' },
  defaultRadius: 'md',
  shadows: {
    xs: '0 1px 2px rgba(20, 26, 44, 0.06)',
    sm: '0 1px 2px rgba(20, 26, 44, 0.05), 0 2px 6px rgba(20, 26, 44, 0.05)',
    md: '0 2px 4px rgba(20, 26, 44, 0.06), 0 8px 24px rgba(20, 26, 44, 0.1)',
    lg: '0 4px 8px rgba(20, 26, 44, 0.08), 0 16px 40px rgba(20, 26, 44, 0.16)',
    xl: '0 8px 16px rgba(20, 26, 44, 0.1), 0 24px 56px rgba(20, 26, 44, 0.2)',
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: 'sm' } }),
    NumberInput: NumberInput.extend({ defaultProps: { size: 'sm', thousandSeparator: true } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: 'sm' } }),
    Select: Select.extend({ defaultProps: { size: 'sm', checkIconPosition: 'right' } }),
    Textarea: Textarea.extend({ defaultProps: { size: 'sm' } }),
    Badge: Badge.extend({ defaultProps: { variant: 'light', radius: 'sm' } }),
    // Scroll is never locked by an injected <style>: the content security policy refuses one, and the page itself
    // does not scroll.
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true, radius: 'lg' } }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false } }),
    Menu: Menu.extend({ defaultProps: { shadow: 'md', radius: 'md' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withArrow: true } }),
  },
});

/** Mantine's variables with ours on top; `theme-variables.css` is generated from this (see its test). */
export const cssVariables: CSSVariablesResolver = (merged) => {
  const base = defaultCssVariablesResolver(merged);
  return {
    variables: base.variables,
    light: {
      ...base.light,
      '--mantine-color-body': '#ffffff',
      '--mantine-color-error': 'var(--mantine-color-coral-6)',
      '--mantine-color-placeholder': '#737c8f',
      '--mantine-color-default-border': 'var(--mantine-color-gray-3)',
      '--console-page': '#f4f5f8',
      '--console-surface': '#ffffff',
      '--console-raised': 'var(--mantine-color-gray-0)',
      '--console-border': 'var(--mantine-color-gray-2)',
      '--console-rail': '#ffffff',
      '--console-hover': 'var(--mantine-color-gray-0)',
      '--console-selected': 'var(--mantine-color-iris-0)',
      '--console-accent': 'var(--mantine-color-iris-6)',
      '--console-confirmed': 'var(--mantine-color-moss-7)',
      '--console-confirmed-soft': 'var(--mantine-color-moss-0)',
      '--console-warning': 'var(--mantine-color-amber-7)',
      '--console-warning-soft': 'var(--mantine-color-amber-0)',
      '--console-refused': 'var(--mantine-color-coral-7)',
      '--console-refused-soft': 'var(--mantine-color-coral-0)',
      '--console-planned': 'var(--mantine-color-iris-7)',
      '--console-planned-soft': 'var(--mantine-color-iris-0)',
    },
    dark: {
      ...base.dark,
      '--mantine-color-body': 'var(--mantine-color-dark-7)',
      '--mantine-color-error': 'var(--mantine-color-coral-4)',
      '--mantine-color-placeholder': '#8790a3',
      '--mantine-color-dimmed': '#a3acbd',
      '--mantine-color-default-border': 'var(--mantine-color-dark-4)',
      '--mantine-color-iris-light': '#28345a',
      '--mantine-color-iris-light-hover': '#30406e',
      '--mantine-color-iris-light-color': 'var(--mantine-color-iris-1)',
      '--console-page': 'var(--mantine-color-dark-8)',
      '--console-surface': 'var(--mantine-color-dark-7)',
      '--console-raised': 'var(--mantine-color-dark-6)',
      '--console-border': '#2b3242',
      '--console-rail': '#171c27',
      '--console-hover': '#222938',
      '--console-selected': '#263150',
      '--console-accent': 'var(--mantine-color-iris-4)',
      '--console-confirmed': 'var(--mantine-color-moss-3)',
      '--console-confirmed-soft': '#16342a',
      '--console-warning': 'var(--mantine-color-amber-3)',
      '--console-warning-soft': '#3a2c10',
      '--console-refused': 'var(--mantine-color-coral-3)',
      '--console-refused-soft': '#43201d',
      '--console-planned': 'var(--mantine-color-iris-3)',
      '--console-planned-soft': '#222c4c',
    },
  };
};
