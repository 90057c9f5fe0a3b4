export default {
  "shell.name": "Provenance Ledger",
  "shell.skip": "Skip to the content",
  "shell.menu": "Pages",
  "shell.menu_deposit": "Deposit",
  "shell.menu_verify": "Verify",
  "shell.menu_find": "Look up",
  "shell.menu_ledger": "Ledger",
  "shell.menu_about": "About",
  "shell.creed":
    "Your data never leave this computer. Check everything; believe nobody, us included.",
  "shell.theme": "Brightness",
  "shell.theme_system": "As the system",
  "shell.theme_light": "Light",
  "shell.theme_dark": "Dark",
  "shell.missing_title": "There is no such page",
  "shell.missing_text":
    "Nothing is at this address. Perhaps a part of it was lost when it was copied.",
  "shell.failed_title": "This could not be shown",
  "shell.failed_again": "Try again",
  "shell.failed_code": "Code: {code}",
  "shell.insecure_title": "Your browser does not let this page compute here",
};
