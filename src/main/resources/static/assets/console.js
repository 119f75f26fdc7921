// What somebody has unfolded stays so when the page replaces it. The focus is htmx's own matter: it follows ids.
document.addEventListener('htmx:oobBeforeSwap', event => {
  const { target, fragment } = event.detail;
  const fresh = fragment.querySelector('details');
  if (fresh && target.querySelector('details[open]')) {
    fresh.open = true;
  }
});
