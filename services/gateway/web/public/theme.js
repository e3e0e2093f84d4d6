// Before anything is drawn: the reader's choice of colours, or the system's. See src/theme/theme.ts.
;(function () {
  var choice = null
  try {
    choice = window.localStorage.getItem('fansipan.theme')
  } catch (_error) {
    // Storage is blocked: the system decides.
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
