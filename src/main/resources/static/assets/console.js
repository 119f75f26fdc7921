// Details that the user opened stay open when the page replaces them. htmx keeps the focus itself: it follows ids.
document.addEventListener('htmx:oobBeforeSwap', event => {
  const { target, fragment } = event.detail;
  const fresh = fragment.querySelector('details');
  if (fresh && target.querySelector('details[open]')) {
    fresh.open = true;
  }
});
