// Details that the user opened stay open when the page replaces them. htmx keeps the focus itself: it follows ids.
document.addEventListener('htmx:oobBeforeSwap', event => {
  const { target, fragment } = event.detail;
  const fresh = fragment.querySelector('details');
  if (fresh && target.querySelector('details[open]')) {
    fresh.open = true;
  }
});

// A runbook's commands and queries are typed at night, often on a phone: one press copies a block.
document.querySelectorAll('.runbook pre').forEach(block => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    const text = block.querySelector('code').textContent.replace(/\n$/, '');
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
    } catch {
      // Without TLS, browsers give no clipboard except to localhost.
      getSelection().selectAllChildren(block.querySelector('code'));
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  block.before(button);
});
