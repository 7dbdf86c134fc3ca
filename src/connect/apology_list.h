/*
 * What a person is told when connecting goes wrong, one row an error:
 *
 *   X(symbol of base/err_list.h, title, text, whether to offer to try again)
 *
 * For a customer of the product, who knows neither tokens nor settings: what happened,
 * whether anything changed, what to do now. {vendor} is the label of the integration.
 * An error without a row gets the last one's words.
 *
 * The page has the error's status, but never 500, 502 or 504: proxies and CDNs in front of
 * us put pages of their own in the place of those, and nobody would read these words. Such
 * a page is 422, which they let through. 503 stays: it is ours, and passes.
 */
X(SESSION_UNKNOWN, "This link no longer works",
  "A link works once, and for a limited time. Go back to where you found it, and begin "
  "there again.", false)
X(SESSION_OTHER_BROWSER, "Please stay in one browser",
  "This was begun in another browser or window, or cookies are switched off here. Nothing "
  "was changed. Open your link again, and stay in one browser until it is done.", false)
X(SESSION_STEP_USED, "Please begin again",
  "This page was loaded a second time, or the link was opened in another window since. "
  "Try again.", true)
X(CONNECT_REFUSED, "Not connected",
  "The connection to {vendor} was not completed. Nothing was changed.", true)
X(IDENTITY_CHANGED, "This is another login than before",
  "You were signed in at {vendor} with another login than the one that is connected here. "
  "Nothing was changed. Sign out at {vendor}, try again, and use the same login as before.",
  true)
X(ACCOUNT_UNKNOWN, "This connection is no longer there",
  "It was removed while you were on your way. Go back to where you began.", false)
X(ACCOUNT_DISABLED, "This connection is switched off",
  "It has to be switched on before it can be connected. Please ask whoever gave you the "
  "link.", false)
X(BODY_TOO_LARGE, "This is too much",
  "What was entered is longer than this page can take. Nothing was changed.", true)
X(TOKEN_UNAVAILABLE, "One moment, please",
  "This connection is being renewed just now. Wait a minute, and try again.", true)
X(STATE_CONFLICT, "Somebody else was faster",
  "This connection was changed while you were on your way. Try again.", true)
X(CREDENTIAL_UNUSABLE, "The connection is not set up",
  "Something is missing that you cannot enter here. Please tell whoever gave you the link, "
  "with the words below.", false)
X(HOST_FORBIDDEN, "This address cannot be connected",
  "What was entered leads to an address that does not belong to {vendor}. Nothing was "
  "connected. Try again with another one.", true)
X(STORE_UNAVAILABLE, "That did not work",
  "It is not your fault, and nothing was lost. Wait a minute, and try again.", true)
