// `URL` and `URLSearchParams` of the URL standard, for guests whose engine has none.

import URLSearchParams from 'core-js-pure/actual/url-search-params/index.js'
import URL from 'core-js-pure/actual/url/index.js'

export { URL, URLSearchParams }
