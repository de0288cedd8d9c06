import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/charts/styles.css';
import '@fontsource-variable/inter/wght.css';
import './theme-variables.css';
import './base.css';
import './high-contrast.css';
